"""One module per command of the command line; each parses, calls and prints."""
