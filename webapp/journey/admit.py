"""admit: sign a user in by OIDC login or by the host site's hand-off token, and sign them out."""

from __future__ import annotations

from datetime import datetime, timedelta

from webapp.config.sites import Site
from webapp.domain.errors import HandoffNotAccepted, NotFound
from webapp.domain.session_life import EMBEDDED
from webapp.journey import login_session, verified_handoff
from webapp.journey.dependencies import JourneyDependencies
from webapp.journey.verified_handoff import VerifiedHandoff
from webapp.journey.views import Visitor
from webapp.store.errors import AlreadyExists, DatabaseUnavailable
from webapp.store.login_sessions import Session

#: How much longer than the token its replay key is kept: more than the accepted clock skew.
_REPLAY_KEY_GRACE = timedelta(minutes=1)


class Admit:
    """Opens, finds and ends the sessions of users."""

    def __init__(self, deps: JourneyDependencies, public_url: str) -> None:
        """`public_url` is the audience that every hand-off token must name."""
        self._deps = deps
        self._public_url = public_url

    def by_handoff(self, token: str, live: Visitor | None, *, replace: bool = False) -> Visitor:
        """Open a session for the person of a hand-off token; the token is used up.

        `live` is the visitor of the browser's session. A browser whose session was opened by
        this very token keeps that session. Raises HandoffNotAccepted. Raises AnotherPersonSignedIn
        unless `replace`, without using the token up.
        """
        if live is not None and self._was_opened_by(live, token):
            return live
        verified = verified_handoff.verify(
            token, self._deps.sites, public_url=self._public_url, now=self._deps.clock()
        )
        if not replace:
            claims = verified.claims
            login_session.refuse_account_switch(live, verified.site, claims.subject, claims.name)
        return self._open_session(verified, token, "handoff", live)

    def by_embedded_handoff(self, token: str, site_id: str, flow: str | None) -> Visitor:
        """Open a session of 15 minutes for a frame in a page of the site; the token is used up.

        Its id is a bearer: `find_visitor` does not know it. `flow` applies if the token names none.
        Raises HandoffNotAccepted, also for a token of another site, which is not used up.
        """
        verified = verified_handoff.verify(
            token,
            self._deps.sites,
            public_url=self._public_url,
            now=self._deps.clock(),
            flow=flow,
        )
        if verified.site.id != site_id:
            fix = "open the frame of the site that the token's iss names"
            raise HandoffNotAccepted("wrong_site", fix, site_id)
        return self._open_session(verified, token, EMBEDDED, None)

    def _open_session(
        self, verified: VerifiedHandoff, token: str, via: str, live: Visitor | None
    ) -> Visitor:
        site, claims = verified.site, verified.claims
        self._refuse_used(verified)
        subject_hash = self._deps.subject_hash(site.id, claims.subject)
        now = self._deps.clock()
        try:
            with self._deps.database.writing() as work:
                work.replay_guard.use(
                    "handoff", verified.replay_key, claims.expires_at + _REPLAY_KEY_GRACE
                )
                person = work.people.admit(
                    site.id,
                    claims.subject,
                    subject_hash,
                    now,
                    name=claims.name,
                    locale=claims.locale,
                )
                return login_session.begin_session(
                    self._deps,
                    work,
                    person,
                    site,
                    via,
                    live,
                    flow=claims.flow,
                    return_url=claims.return_url,
                    state=claims.state,
                    handoff=token,
                )
        except AlreadyExists as cause:
            raise _already_used(site) from cause

    def by_oidc(
        self,
        site_id: str,
        subject: str,
        *,
        name: str | None,
        locale: str | None,
        id_token: str | None,
        live: Visitor | None,
        replace: bool = False,
    ) -> Visitor:
        """Open a session for the person whom the identity provider has authenticated.

        Raises NotFound when the site does not accept the provider's people. Raises
        AnotherPersonSignedIn unless `replace`: a link to the login page and a single sign-on must
        not switch accounts silently.
        """
        site = self._deps.sites.get(site_id)
        if site is None or not site.oidc:
            raise NotFound("no such site")
        if not replace:
            login_session.refuse_account_switch(live, site, subject, name)
        subject_hash = self._deps.subject_hash(site.id, subject)
        now = self._deps.clock()
        with self._deps.database.writing() as work:
            person = work.people.admit(
                site.id, subject, subject_hash, now, name=name, locale=locale
            )
            return login_session.begin_session(
                self._deps, work, person, site, "oidc", live, id_token=id_token
            )

    def find_visitor(self, session_id: str) -> Visitor | None:
        """Return the visitor of a cookie's session; None when it is unknown, over or revoked.

        Also None for the bearer of a frame.
        """
        found = self._find(session_id)
        return None if found is None or found.via == EMBEDDED else found

    def find_embedded_visitor(self, bearer: str, site_id: str) -> Visitor | None:
        """Return the visitor of a frame's bearer; None unless it is a live one of this site."""
        found = self._find(bearer)
        if found is None or found.via != EMBEDDED or found.site.id != site_id:
            return None
        return found

    def _find(self, session_id: str) -> Visitor | None:
        now = self._deps.clock()
        with self._deps.database.reading() as work:
            known = work.sessions.get(session_id, now)
        if known is None:
            return None
        session, person = known
        site = self._deps.sites.get(person.site)
        if site is None:
            return None
        self._record_use(session, now)
        return login_session.visitor_of_session(session, person, site)

    def sign_out(self, visitor: Visitor) -> None:
        """Revoke the session, so that no copy of its cookie or bearer works any more."""
        with self._deps.database.writing() as work:
            work.sessions.revoke(visitor.session_id, self._deps.clock())
            login_session.record_session_event(
                self._deps, work, "signed_out", visitor.person, visitor.via
            )

    def oidc_sites(self) -> list[Site]:
        """Return the sites whose users sign in through the identity provider."""
        return [site for site in self._deps.sites.values() if site.oidc]

    def _was_opened_by(self, live: Visitor, token: str) -> bool:
        with self._deps.database.reading() as work:
            return work.sessions.was_opened_by(live.session_id, token)

    def _refuse_used(self, verified: VerifiedHandoff) -> None:
        """Read first: a token that is sent again and again must not cost a write each time."""
        with self._deps.database.reading() as work:
            if work.replay_guard.is_used("handoff", verified.replay_key):
                raise _already_used(verified.site)

    def _record_use(self, session: Session, now: datetime) -> None:
        if session.seen_at is not None and now < session.seen_at + login_session.USE_PRECISION:
            return
        try:
            with self._deps.database.writing() as work:
                work.sessions.record_use(session.id, now)
        except DatabaseUnavailable:
            return  # a page that only reads works without it


def _already_used(site: Site) -> HandoffNotAccepted:
    return HandoffNotAccepted("already_used", "make a new hand-off token for every visit", site.id)
