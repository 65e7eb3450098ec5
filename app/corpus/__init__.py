"""A build's corpus: its labels, groups of its tokens, the patterns that name them."""
