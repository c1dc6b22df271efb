"""admit: a person comes in by OIDC login or by the host site's hand-off, and leaves again."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from webapp.domain.errors import AnotherPersonSignedIn, HandOffNotAccepted, NotFound
from webapp.domain.onboarding import Person
from webapp.hostsite import handoff
from webapp.hostsite.errors import HandOffRefused
from webapp.hostsite.targets import allowed_return
from webapp.journey.ground import Ground
from webapp.journey.views import Visitor
from webapp.sites import Site
from webapp.store.errors import AlreadyThere
from webapp.store.sessions import Session
from webapp.store.work import Work

#: How long a session lives at most.
SESSION_LIFE = timedelta(hours=8)


@dataclass(frozen=True)
class Coming:
    """Somebody at the door, already vouched for."""

    site: Site
    subject: str
    name: str | None
    locale: str | None
    via: str
    flow: str | None = None
    return_url: str | None = None
    state: str | None = None
    id_token: str | None = None
    handoff: str | None = None


class Admit:
    """The doors, and who is inside."""

    def __init__(self, ground: Ground, public_url: str) -> None:
        """`public_url` is the audience every hand-off must name."""
        self._ground = ground
        self._public_url = public_url

    def by_handoff(self, token: str, live: Visitor | None, *, replace: bool = False) -> Visitor:
        """Let the person of a hand-off token in; the token is used up.

        The browser that already came in by this very token just goes on as it was.
        Raises HandOffNotAccepted; AnotherPersonSignedIn unless `replace`, using nothing up.
        """
        coming, jti, until = self._read(token)
        with self._ground.database.reading() as work:
            if live is not None and work.sessions.came_by(live.session_id, jti):
                return live
        self._not_somebody_else(coming, live, replace)
        subject_hash = self._ground.subject_hash(coming.site.id, coming.subject)
        try:
            with self._ground.database.writing() as work:
                work.once.use("handoff", jti, until)
                return self._let_in(work, coming, subject_hash, live)
        except AlreadyThere as cause:
            raise HandOffNotAccepted(
                "already_used", "make a new hand-off token for every visit"
            ) from cause

    def by_oidc(
        self,
        site_id: str,
        subject: str,
        *,
        name: str | None,
        locale: str | None,
        id_token: str,
        live: Visitor | None,
    ) -> Visitor:
        """Let the person in whom the identity provider has just named; raises NotFound
        when the site does not take the provider's people."""
        site = self._ground.sites.get(site_id)
        if site is None or not site.oidc:
            raise NotFound("no such site")
        coming = Coming(site, subject, name, locale, "oidc", id_token=id_token)
        subject_hash = self._ground.subject_hash(site.id, subject)
        with self._ground.database.writing() as work:
            return self._let_in(work, coming, subject_hash, live)

    def who(self, session_id: str) -> Visitor | None:
        """Who the session belongs to; None when it is unknown, over, or revoked."""
        with self._ground.database.reading() as work:
            session = work.sessions.get(session_id, self._ground.clock())
            if session is None:
                return None
            person = work.people.get(session.person_id)
        site = self._ground.sites.get(person.site)
        return _visitor(session, person, site) if site else None

    def leave(self, visitor: Visitor) -> None:
        """End the session everywhere, whatever cookie may still be around."""
        with self._ground.database.writing() as work:
            work.sessions.revoke(visitor.session_id, self._ground.clock())
            self._note(work, "signed_out", visitor.person, visitor.via)

    def oidc_sites(self) -> list[Site]:
        """Sites whose people come in through the identity provider."""
        return [site for site in self._ground.sites.values() if site.oidc]

    def _read(self, token: str) -> tuple[Coming, str, datetime]:
        try:
            site = self._ground.sites.get(handoff.peek_issuer(token))
            if site is None:
                raise HandOffNotAccepted("unknown_site", "set iss to the id of a configured site")
            told = handoff.verify(
                token,
                keys=site.handoff_keys,
                issuer=site.id,
                audience=self._public_url,
                now=self._ground.clock(),
            )
        except HandOffRefused as cause:
            raise HandOffNotAccepted(cause.code, cause.cure) from cause
        if told.flow is not None and told.flow not in site.flows:
            raise HandOffNotAccepted("unknown_flow", "set flow to one of the site's flows")
        if told.return_url and not allowed_return(told.return_url, site.return_urls):
            raise HandOffNotAccepted("return_url_not_allowed", "add it to the site's return_urls")
        jti = f"{site.id}:{told.jti}"
        coming = Coming(
            site,
            told.subject,
            told.name,
            told.locale,
            "handoff",
            told.flow,
            told.return_url,
            told.state,
            handoff=jti,
        )
        return coming, jti, told.expires_at + timedelta(minutes=1)

    def _not_somebody_else(self, coming: Coming, live: Visitor | None, replace: bool) -> None:
        if live is None or replace:
            return
        if (live.person.site, live.person.subject) != (coming.site.id, coming.subject):
            raise AnotherPersonSignedIn(
                display_name(live.person.name, live.person.subject),
                display_name(coming.name, coming.subject),
                coming.site.name,
            )

    def _let_in(
        self, work: Work, coming: Coming, subject_hash: str, live: Visitor | None
    ) -> Visitor:
        now = self._ground.clock()
        if live is not None:
            work.sessions.revoke(live.session_id, now)
        person = work.people.admit(
            coming.site.id,
            coming.subject,
            subject_hash,
            now,
            name=coming.name,
            locale=coming.locale,
        )
        session = Session(
            id=secrets.token_urlsafe(32),
            person_id=person.id,
            via=coming.via,
            expires_at=now + SESSION_LIFE,
            flow=coming.flow,
            return_url=coming.return_url,
            state=coming.state,
            id_token=coming.id_token,
            handoff=coming.handoff,
        )
        work.sessions.add(session, now)
        self._note(work, "signed_in", person, coming.via)
        return _visitor(session, person, coming.site)

    def _note(self, work: Work, event: str, person: Person, via: str) -> None:
        work.timeline.add(
            self._ground.clock(), event, actor="user", site=person.site, person=person.id, via=via
        )


def display_name(name: str | None, subject: str) -> str:
    """How a page names an account: by name, else by the masked id of the host."""
    if name:
        return name
    return subject if len(subject) < 4 else f"{subject[:2]}…{subject[-1]}"


def _visitor(session: Session, person: Person, site: Site) -> Visitor:
    flow = session.flow if session.flow in site.flows else None
    default = "default" if "default" in site.flows else next(iter(site.flows))
    return Visitor(
        session_id=session.id,
        person=person,
        site=site,
        flow=flow or default,
        via=session.via,
        expires_at=session.expires_at,
        return_url=session.return_url,
        state=session.state,
        id_token=session.id_token,
    )
