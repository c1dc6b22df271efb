"""Render the page that asks before a login, hand-off or link replaces another live session."""

from __future__ import annotations

from collections.abc import Sequence

from flask import render_template

from webapp.domain.errors import AnotherPersonSignedIn


def confirmation_page(
    conflict: AnotherPersonSignedIn, action: str, fields: Sequence[tuple[str, str]] = ()
) -> str:
    """Render the question; its form posts `fields` and `replace=1` to `action`."""
    return render_template(
        "login/switch_account.html",
        current_name=conflict.current_name,
        incoming_name=conflict.incoming_name,
        site_name=conflict.site_name,
        action=action,
        fields=fields,
    )
