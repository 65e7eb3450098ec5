"""Texts, files and data sets to prompts, with labels of documents."""
