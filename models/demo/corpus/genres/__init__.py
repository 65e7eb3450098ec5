"""One module per kind of text."""
