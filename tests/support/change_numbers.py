"""Gives numbers to committed changes and messages, as the jobs process does."""

from webapp.store.numbering import number_committed_rows as number_changes

__all__ = ["number_changes"]
