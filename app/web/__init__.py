"""What every page and route shares: who asks, and what a client may take of the server."""
