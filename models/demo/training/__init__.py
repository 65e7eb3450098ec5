"""How the bundled demo was made: corpus -> tokenizer -> language model -> SAEs -> labels."""
