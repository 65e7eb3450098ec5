"""The Latent page; what the JSON API says of sources, latents and builds."""
