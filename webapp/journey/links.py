"""admit, third door: a one-time link to an onboarding that waits for its person.

Looking at a link uses nothing up, for mail scanners look at all of them; a click does.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from webapp.config.sites import Site
from webapp.domain.errors import Conflict, LinkGone, NotFound
from webapp.domain.onboarding import Onboarding, Person
from webapp.journey import user_session
from webapp.journey.dependencies import JourneyDependencies
from webapp.journey.views import Visitor
from webapp.store.unit_of_work import UnitOfWork

#: How long a link may wait to be used; never longer than its onboarding.
LINK_LIFE = timedelta(hours=24)


@dataclass(frozen=True)
class NewLink:
    """The whole address (a secret until it is used) and when it stops working, aware UTC."""

    url: str
    expires_at: datetime

    def __repr__(self) -> str:
        return f"<NewLink until {self.expires_at}>"


@dataclass(frozen=True)
class LinkPreview:
    """What a link's page says before anything is used: as whom, and where."""

    site: Site
    display_name: str


class Links:
    """Makes links, shows them, and lets their person in once."""

    def __init__(self, deps: JourneyDependencies, public_url: str) -> None:
        self._deps = deps
        self._public_url = public_url

    def create(self, onboarding_id: str, actor: str) -> NewLink:
        """A new link for an unfinished onboarding; earlier ones keep working.

        Raises NotFound, or Conflict when the onboarding is over.
        """
        now = self._deps.clock()
        code = secrets.token_urlsafe(24)
        with self._deps.database.writing() as work:
            row = work.onboardings.get(onboarding_id)
            if row is None:
                raise NotFound("no such onboarding")
            if not row.active:
                raise Conflict(row.status)
            expires_at = min(now + LINK_LIFE, row.expires_at)
            work.links.add(code, row.id, now, expires_at)
            self._deps.record_event(work, row, "link_made", actor=actor)
        return NewLink(f"{self._public_url}/l/{code}", expires_at)

    def create_for_owner(self, visitor: Visitor, onboarding_id: str) -> NewLink:
        """The same by its owner, to go on with another device. Raises NotFound, Conflict."""
        with self._deps.database.reading() as work:
            self._deps.owned(work, visitor, onboarding_id)
        return self.create(onboarding_id, actor="user")

    def preview(self, code: str) -> LinkPreview:
        """Whom the link is for; uses nothing up. Raises NotFound, or LinkGone (used, too old)."""
        with self._deps.database.reading() as work:
            _row, person, site = self._behind(work, code)
        return LinkPreview(site, user_session.display_name(person.name, person.subject))

    def use(self, code: str, live: Visitor | None, *, replace: bool = False) -> tuple[Visitor, str]:
        """Let its person in, once; and the onboarding to go to.

        The browser that came in by this very link just goes on. Raises NotFound, LinkGone, or
        AnotherPersonSignedIn unless `replace`, using nothing up.
        """
        with self._deps.database.reading() as work:
            known = work.links.get(code)
            if known and live and work.sessions.came_by(live.session_id, f"link:{code}"):
                return live, known.onboarding_id
            row, person, site = self._behind(work, code)
        if not replace:
            user_session.refuse_swap(live, site, person.subject, person.name)
        with self._deps.database.writing() as work:
            if not work.links.use(code, self._deps.clock()):
                raise LinkGone("this link has been used")
            self._deps.record_event(work, row, "link_used", actor="user")
            visitor = user_session.begin(
                self._deps,
                work,
                person,
                site,
                "link",
                live,
                flow=row.flow,
                handoff=f"link:{code}",
            )
        return visitor, row.id

    def _behind(self, work: UnitOfWork, code: str) -> tuple[Onboarding, Person, Site]:
        link = work.links.get(code)
        row = work.onboardings.get(link.onboarding_id) if link else None
        site = self._deps.sites.get(row.site) if row else None
        if link is None or row is None or site is None:
            raise NotFound("no such link")
        if link.used_at is not None or link.expires_at <= self._deps.clock():
            raise LinkGone("this link has been used or is too old")
        return row, work.people.get(row.person_id), site
