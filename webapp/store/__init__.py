"""Database access: SQLAlchemy tables, one repository per table, migrations."""
