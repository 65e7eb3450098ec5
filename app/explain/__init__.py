"""Explanations of latents by a language model, tested before they become labels (docs/explanations.md).

::

    windows of the corpus (models.corpus.window_pass) -> material -> prompts -> client -> scoring -> run -> labels

``material`` chooses the texts, ``prompts`` writes the questions and reads the answers, ``client`` asks an
OpenAI-compatible endpoint within ``budget`` and what ``journal`` knows already, ``scoring`` counts, ``run`` puts it
together for one latent after another.
"""
