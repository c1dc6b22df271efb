"""The question whom to go on as, at every door: nobody's live session is replaced silently."""

from __future__ import annotations

from collections.abc import Sequence

from flask import render_template

from webapp.domain.errors import AnotherPersonSignedIn


def ask(
    question: AnotherPersonSignedIn, action: str, fields: Sequence[tuple[str, str]] = ()
) -> str:
    """The page; its form posts `fields` to `action`, and `replace=1` with them."""
    return render_template(
        "login/replace.html",
        current_name=question.current_name,
        incoming_name=question.incoming_name,
        site_name=question.site_name,
        action=action,
        fields=fields,
    )
