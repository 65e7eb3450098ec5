"""The bundled demo: a small language model, SAEs and the corpus they were trained on. Nothing treats it specially."""
