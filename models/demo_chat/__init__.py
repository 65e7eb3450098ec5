"""The chat demo: SAEs of SmolLM2-135M-Instruct and the texts for their dashboards; see docs/demo.md."""
