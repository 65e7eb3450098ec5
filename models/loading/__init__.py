"""From a location to a checked model or dictionary."""
