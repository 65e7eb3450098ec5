"""The database: tables, sessions, reads (``queries``) and writes; see docs/data-model.md."""
