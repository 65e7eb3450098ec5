"""Web and persistence: FastAPI, SQLAlchemy, Jinja."""
