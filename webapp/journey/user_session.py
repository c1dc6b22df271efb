"""A live session: how it begins, whom it belongs to, and when it is over."""

from __future__ import annotations

import secrets
from datetime import timedelta

from webapp.config.sites import Site
from webapp.domain.errors import AnotherPersonSignedIn
from webapp.domain.onboarding import Person
from webapp.journey.dependencies import JourneyDependencies
from webapp.journey.views import Visitor
from webapp.store.sessions import Session
from webapp.store.unit_of_work import UnitOfWork

#: How long a session lives at most, and how long without a request.
SESSION_LIFE = timedelta(hours=8)
IDLE_LIFE = timedelta(minutes=30)
#: A session's last request is written down this exactly, not at every click.
SEEN_EXACTNESS = timedelta(minutes=1)


def begin(
    deps: JourneyDependencies,
    work: UnitOfWork,
    person: Person,
    site: Site,
    via: str,
    live: Visitor | None,
    **told: str | None,
) -> Visitor:
    """A new session for `person`; the one that was there ends. `told` goes into the session."""
    now = deps.clock()
    if live is not None:
        work.sessions.revoke(live.session_id, now)
    session = Session(
        id=secrets.token_urlsafe(32),
        person_id=person.id,
        via=via,
        expires_at=now + SESSION_LIFE,
        seen_at=now,
        **told,
    )
    work.sessions.add(session, now)
    note(deps, work, "signed_in", person, via)
    return visitor_of(session, person, site)


def refuse_swap(live: Visitor | None, site: Site, subject: str, name: str | None) -> None:
    """Raises AnotherPersonSignedIn when the live session is somebody else's."""
    if live is None or (live.person.site, live.person.subject) == (site.id, subject):
        return
    raise AnotherPersonSignedIn(
        display_name(live.person.name, live.person.subject), display_name(name, subject), site.name
    )


def display_name(name: str | None, subject: str) -> str:
    """How a page names an account: by name, else by the masked id of the host."""
    if name and name.strip():
        return name
    return subject if len(subject) < 4 else f"{subject[:2]}…{subject[-1]}"


def visitor_of(session: Session, person: Person, site: Site) -> Visitor:
    """Whoever the session belongs to, with the flow they came for or the site's usual one."""
    flow = session.flow if session.flow in site.flows else None
    default = "default" if "default" in site.flows else next(iter(site.flows))
    return Visitor(
        session_id=session.id,
        person=person,
        site=site,
        flow=flow or default,
        via=session.via,
        expires_at=session.expires_at,
        flow_is_given=flow is not None,
        return_url=session.return_url,
        state=session.state,
        id_token=session.id_token,
    )


def note(deps: JourneyDependencies, work: UnitOfWork, event: str, person: Person, via: str) -> None:
    """A line on the timeline about a person, who is named by our own id only."""
    work.timeline.add(
        deps.clock(), event, actor="user", site=person.site, person=person.id, via=via
    )
