"""Boards of terms, the edits they make, coherence, calibration, vectors."""
