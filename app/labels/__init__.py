"""Labels of latents: statuses, rules, tests."""
