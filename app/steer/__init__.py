"""Steer: sliders, calibration, mixes, and the texts that they change."""
