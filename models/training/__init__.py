"""Training SAEs on a model's activations: sae_lens computes the steps, what feeds and keeps them is here."""
