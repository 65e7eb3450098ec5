"""One file per page: a session in, a view out. No request, no template, no torch."""
