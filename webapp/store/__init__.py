"""The database: SQLAlchemy, migrations, and nothing of the web."""
