"""Numbers, names and tokens as people read them, and the base of the plots. No request, no torch."""
