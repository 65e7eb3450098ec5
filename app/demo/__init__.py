"""The demos that come with Periscope."""
