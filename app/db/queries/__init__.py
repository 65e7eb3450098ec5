"""All reads, named by the question. They answer with frozen dataclasses, never with rows of the database.

Every query takes the session first. Those about latents take the ``SourceInfo`` and read the build that is
shown; a source without one raises NotBuilt.
"""
