"""Verify a hand-off token against the settings of the site it comes from."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from webapp.config.sites import Site
from webapp.domain.errors import HandoffNotAccepted
from webapp.hostsite import handoff
from webapp.hostsite.errors import HandoffRefused
from webapp.hostsite.handoff import HandoffClaims
from webapp.hostsite.return_urls import checked_return_url

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class VerifiedHandoff:
    """A verified hand-off token: its site, and claims whose flow and return URL the site has."""

    site: Site
    claims: HandoffClaims

    @property
    def replay_key(self) -> str:
        """Return the key under which the replay guard makes the token single-use."""
        return f"{self.site.id}:{self.claims.jti}"


def verify(
    token: str,
    sites: Mapping[str, Site],
    *,
    public_url: str,
    now: datetime,
    flow: str | None = None,
) -> VerifiedHandoff:
    """Return the verified token; log the names of its unusable claims. `now` is aware UTC.

    `public_url` is the audience that the token must name; `flow` applies if the token names none.
    Raises HandoffNotAccepted.
    """
    issuer = None
    try:
        issuer = handoff.read_unverified_issuer(token)
        site = sites.get(issuer)
        if site is None:
            raise HandoffNotAccepted("unknown_site", "set iss to the id of a configured site")
        claims = handoff.verify_handoff(
            token, keys=site.handoff_keys, issuer=site.id, audience=public_url, now=now
        )
        if claims.return_url:
            url = checked_return_url(claims.return_url, site.return_urls)
            claims = replace(claims, return_url=url)
        claims = replace(claims, flow=claims.flow or flow)
    except HandoffRefused as cause:
        raise HandoffNotAccepted(cause.code, cause.fix, issuer) from cause
    _check_flow(claims.flow, site)
    if claims.unusable:
        _log.warning(
            "handoff_claims_ignored", extra={"site": site.id, "claims": list(claims.unusable)}
        )
    return VerifiedHandoff(site, claims)


def _check_flow(flow: str | None, site: Site) -> None:
    names = ", ".join(site.flows)
    if flow is None and site.default_flow is None:
        fix = f"set flow to one of the site's flows ({names}), or name one of them default"
        raise HandoffNotAccepted("flow_missing", fix, site.id)
    if flow is not None and flow not in site.flows:
        raise HandoffNotAccepted(
            "unknown_flow", f"set flow to one of the site's flows: {names}", site.id
        )
