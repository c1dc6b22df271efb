"""The metadata that all tables belong to, with the names of their constraints."""

from __future__ import annotations

from sqlalchemy import MetaData, String

#: The type of ids.
UUID_TEXT = String(36)
metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)
