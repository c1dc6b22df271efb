"""admit: a person comes in by OIDC login or by the host site's hand-off, and leaves again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from webapp.config.sites import Site
from webapp.domain.errors import HandoffNotAccepted, NotFound
from webapp.hostsite import handoff
from webapp.hostsite.errors import HandoffRefused
from webapp.hostsite.handoff import HandoffClaims
from webapp.hostsite.return_urls import is_allowed_return_url
from webapp.journey import user_session
from webapp.journey.dependencies import JourneyDependencies
from webapp.journey.views import Visitor
from webapp.store.errors import AlreadyExists, DatabaseUnavailable
from webapp.store.sessions import Session


@dataclass(frozen=True)
class VerifiedHandoff:
    """Somebody at the door with a hand-off that is good; `mark` is what makes it single-use."""

    site: Site
    claims: HandoffClaims
    mark: str


class Admit:
    """The doors, and who is inside."""

    def __init__(self, deps: JourneyDependencies, public_url: str) -> None:
        """`public_url` is the audience every hand-off must name."""
        self._deps = deps
        self._public_url = public_url

    def by_handoff(self, token: str, live: Visitor | None, *, replace: bool = False) -> Visitor:
        """Let the person of a hand-off token in; the token is used up.

        The browser that already came in by this very token just goes on as it was.
        Raises HandoffNotAccepted; AnotherPersonSignedIn unless `replace`, using nothing up.
        """
        with self._deps.database.reading() as work:
            if live is not None and work.sessions.came_by(live.session_id, token):
                return live
        coming = self._read(token)
        site, claims = coming.site, coming.claims
        if not replace:
            user_session.refuse_swap(live, site, claims.subject, claims.name)
        subject_hash = self._deps.subject_hash(site.id, claims.subject)
        now = self._deps.clock()
        try:
            with self._deps.database.writing() as work:
                work.once.use("handoff", coming.mark, claims.expires_at + timedelta(minutes=1))
                person = work.people.admit(
                    site.id,
                    claims.subject,
                    subject_hash,
                    now,
                    name=claims.name,
                    locale=claims.locale,
                )
                return user_session.begin(
                    self._deps,
                    work,
                    person,
                    site,
                    "handoff",
                    live,
                    flow=claims.flow,
                    return_url=claims.return_url,
                    state=claims.state,
                    handoff=token,
                )
        except AlreadyExists as cause:
            raise HandoffNotAccepted(
                "already_used", "make a new hand-off token for every visit", site.id
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
        replace: bool = False,
    ) -> Visitor:
        """Let the person in whom the identity provider has just named.

        Raises NotFound when the site does not take the provider's people, and
        AnotherPersonSignedIn unless `replace`: a link to the login and a single sign-on
        must not silently change on whose account somebody goes on.
        """
        site = self._deps.sites.get(site_id)
        if site is None or not site.oidc:
            raise NotFound("no such site")
        if not replace:
            user_session.refuse_swap(live, site, subject, name)
        subject_hash = self._deps.subject_hash(site.id, subject)
        now = self._deps.clock()
        with self._deps.database.writing() as work:
            person = work.people.admit(
                site.id, subject, subject_hash, now, name=name, locale=locale
            )
            return user_session.begin(
                self._deps, work, person, site, "oidc", live, id_token=id_token
            )

    def find_visitor(self, session_id: str) -> Visitor | None:
        """Who the session belongs to; None when it is unknown, over, idle too long, or revoked."""
        now = self._deps.clock()
        with self._deps.database.reading() as work:
            known = work.sessions.get(session_id, now)
        if known is None or _idle(known[0], now):
            return None
        session, person = known
        site = self._deps.sites.get(person.site)
        if site is None:
            return None
        self._seen(session, now)
        return user_session.visitor_of(session, person, site)

    def sign_out(self, visitor: Visitor) -> None:
        """End the session everywhere, whatever cookie may still be around."""
        with self._deps.database.writing() as work:
            work.sessions.revoke(visitor.session_id, self._deps.clock())
            user_session.note(self._deps, work, "signed_out", visitor.person, visitor.via)

    def oidc_sites(self) -> list[Site]:
        """Sites whose people come in through the identity provider."""
        return [site for site in self._deps.sites.values() if site.oidc]

    def _seen(self, session: Session, now: datetime) -> None:
        if session.seen_at is not None and now < session.seen_at + user_session.SEEN_EXACTNESS:
            return
        try:
            with self._deps.database.writing() as work:
                work.sessions.seen(session.id, now)
        except DatabaseUnavailable:
            return  # not worth refusing a page that only reads

    def _read(self, token: str) -> VerifiedHandoff:
        claimed = None
        try:
            claimed = handoff.read_unverified_issuer(token)
            site = self._deps.sites.get(claimed)
            if site is None:
                raise HandoffNotAccepted("unknown_site", "set iss to the id of a configured site")
            claims = handoff.verify_handoff(
                token,
                keys=site.handoff_keys,
                issuer=site.id,
                audience=self._public_url,
                now=self._deps.clock(),
            )
        except HandoffRefused as cause:
            raise HandoffNotAccepted(cause.code, cause.fix, claimed) from cause
        if claims.flow is not None and claims.flow not in site.flows:
            raise HandoffNotAccepted("unknown_flow", "set flow to one of the site's flows", site.id)
        if claims.return_url and not is_allowed_return_url(claims.return_url, site.return_urls):
            raise HandoffNotAccepted(
                "return_url_not_allowed", "add it to the site's return_urls", site.id
            )
        return VerifiedHandoff(site, claims, f"{site.id}:{claims.jti}")


def _idle(session: Session, now: datetime) -> bool:
    return session.seen_at is not None and now > session.seen_at + user_session.IDLE_LIFE
