"""Sessions of users: how one begins, whom it belongs to, and when it ends."""

from __future__ import annotations

import logging
import secrets
from datetime import timedelta

from webapp.config.sites import Site
from webapp.domain.actors import Actor
from webapp.domain.errors import AnotherPersonSignedIn
from webapp.domain.onboarding import Person
from webapp.domain.session_life import EMBEDDED, EMBEDDED_LIFE, LONGEST_LIFE
from webapp.hostsite.return_urls import is_allowed_return_url
from webapp.journey.dependencies import JourneyDependencies
from webapp.journey.views import Visitor
from webapp.store.login_sessions import Session
from webapp.store.unit_of_work import UnitOfWork

#: The time of a session's last request is stored at most this often, not at every request.
USE_PRECISION = timedelta(minutes=1)
#: The most live sessions of a person; one ends when another one begins.
MAX_SESSIONS = 10
_log = logging.getLogger(__name__)


def begin_session(
    deps: JourneyDependencies,
    work: UnitOfWork,
    person: Person,
    site: Site,
    via: str,
    live: Visitor | None,
    *,
    flow: str | None = None,
    return_url: str | None = None,
    state: str | None = None,
    handoff: str | None = None,
    id_token: str | None = None,
) -> Visitor:
    """Open a session for `person` and end the browser's previous one, `live`.

    `via` is `oidc`, `handoff`, `link` or `embed`. `flow`, `return_url` and `state` come from the
    host site, `handoff` is the token or link that is used up, `id_token` the identity provider's.
    """
    now = deps.clock()
    work.people.lock(person.id)
    if live is not None:
        work.sessions.revoke(live.session_id, now)
    session = Session(
        id=secrets.token_urlsafe(32),
        person_id=person.id,
        via=via,
        expires_at=now + (EMBEDDED_LIFE if via == EMBEDDED else LONGEST_LIFE),
        seen_at=now,
        flow=flow,
        return_url=return_url,
        state=state,
        handoff=handoff,
        id_token=id_token,
    )
    ended = work.sessions.end_beyond_cap(person.id, now, keep=MAX_SESSIONS - 1)
    if ended:
        _log.warning(
            "sessions_limited", extra={"site": site.id, "person": person.id, "ended": ended}
        )
    work.sessions.add(session, now)
    record_session_event(deps, work, "signed_in", person, via)
    return visitor_of_session(session, person, site)


def refuse_account_switch(live: Visitor | None, site: Site, subject: str, name: str | None) -> None:
    """Raises AnotherPersonSignedIn when the live session belongs to another person."""
    if live is None or (live.person.site, live.person.subject) == (site.id, subject):
        return
    raise AnotherPersonSignedIn(
        display_name(live.person.name, live.person.subject), display_name(name, subject), site.name
    )


def display_name(name: str | None, subject: str) -> str:
    """Return the name of an account for pages: its name, else the host's user id, masked."""
    if name and name.strip():
        return name
    return subject if len(subject) < 4 else f"{subject[:2]}…{subject[-1]}"


def visitor_of_session(session: Session, person: Person, site: Site) -> Visitor:
    """Return the session's visitor, with the flow of the hand-off or the site's default flow.

    A login at the identity provider names no flow: without a default the first flow is used.
    """
    flow = session.flow if session.flow in site.flows else None
    default = site.default_flow or next(iter(site.flows))
    return Visitor(
        session_id=session.id,
        person=person,
        site=site,
        flow=flow or default,
        via=session.via,
        expires_at=session.expires_at,
        flow_is_given=flow is not None,
        return_url=_allowed(session.return_url, site),
        state=session.state,
        id_token=session.id_token,
    )


def _allowed(return_url: str | None, site: Site) -> str | None:
    """Return the address unless `return_urls` has lost it since the host site gave it."""
    if return_url is None or not is_allowed_return_url(return_url, site.return_urls):
        return None
    return return_url


def record_session_event(
    deps: JourneyDependencies, work: UnitOfWork, event: str, person: Person, via: str
) -> None:
    """Add an event about a person to the timeline; it names them by our own id only."""
    work.timeline.add(
        deps.clock(), event, actor=Actor.USER, site=person.site, person=person.id, via=via
    )
