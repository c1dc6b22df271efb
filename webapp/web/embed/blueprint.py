"""The blueprint of the frame in a host page: every address names the site."""

from __future__ import annotations

from typing import Any, cast

from flask import Blueprint, g, request

from webapp.config.sites import Site
from webapp.domain.errors import NotFound
from webapp.web import request_context
from webapp.web.language import request_locale

#: Header with which the frame repeats the language that the host page has named.
LOCALE_HEADER = "Embed-Locale"

blueprint = Blueprint("embed", __name__, url_prefix="/embed/<site_id>")


@blueprint.url_value_preprocessor
def take_site_id(_endpoint: str | None, values: dict[str, Any] | None) -> None:
    """Keep the site id of the address; views get the site from `embedding_site`."""
    g.embed_site_id = (values or {}).pop("site_id", "")


@blueprint.before_request
def enter_site() -> None:
    """Set the site of the address. Raises NotFound for an unknown one."""
    site = request_context.steps().sites.get(g.embed_site_id)
    if site is None:
        raise NotFound("no such site")
    request_context.embed_in(site)
    request_locale(request.args.get("locale") or request.headers.get(LOCALE_HEADER))


def embedding_site() -> Site:
    """Return the site of the address."""
    return cast("Site", request_context.current_site())
