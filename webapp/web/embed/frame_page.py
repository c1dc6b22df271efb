"""Route of the page in the frame: it holds no data, its script fetches what it shows."""

from __future__ import annotations

import re
from collections.abc import Mapping

from flask import render_template, request
from flask.typing import ResponseReturnValue

from webapp.basics.urls import origin_of
from webapp.config.sites import Flow, Site
from webapp.web import request_context, security_headers
from webapp.web.embed.blueprint import blueprint, embedding_site
from webapp.web.guards import public

_DISPLAYS = ("inline", "modal")
#: A BCP 47 tag. The frame sends it as a header, which cannot carry every text.
_LOCALE = re.compile("[A-Za-z0-9_-]{1,35}")


@blueprint.get("")
@public
def frame_page() -> ResponseReturnValue:
    """Show the empty page; only the site's origins may embed it.

    The query names `flow`, `locale` and `display` as the element has them; unknown displays are
    `inline`, what cannot be a locale is ignored, and an unknown flow is refused with the hand-off.
    """
    site = embedding_site()
    flow, display = request.args.get("flow", ""), request.args.get("display")
    locale = request.args.get("locale", "")
    settings = request_context.settings()
    security_headers.allow_hosted_frame(
        origin_of(settings.gateway_url) or "",
        settings.hosted_origins,
        microphone=_needs_microphone(site, flow),
    )
    security_headers.allow_framing_only(by=tuple(site.origins))
    return render_template(
        "embed/frame_page.html",
        flow=flow,
        requested_locale=locale if _LOCALE.fullmatch(locale) else "",
        display=display if display in _DISPLAYS else _DISPLAYS[0],
    )


def _needs_microphone(site: Site, flow: str) -> bool:
    """Whether the flow needs it; without a known name, whether any flow of the site does."""
    flows: Mapping[str, Flow] = site.flows
    chosen = [flows[flow]] if flow in flows else list(flows.values())
    return any(each.microphone for each in chosen)
