"""One-time links: a user opens an unfinished onboarding in another browser or device.

Viewing a link does not use it up, since mail scanners open every link; confirming it does.
"""

from __future__ import annotations

import hashlib
import logging
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from webapp.config.sites import Site
from webapp.domain.actors import Actor
from webapp.domain.errors import Conflict, LinkGone, NotFound
from webapp.domain.onboarding import Onboarding, Person
from webapp.journey import login_session
from webapp.journey.dependencies import JourneyDependencies
from webapp.journey.views import Visitor
from webapp.store.unit_of_work import UnitOfWork

#: The longest life of a link; it never outlives its onboarding.
LINK_LIFE = timedelta(hours=24)
#: The life of the link to the full screen that a frame holds ready, and renews.
FULL_SCREEN_LIFE = timedelta(minutes=15)
#: The most usable links of a person.
MAX_LINKS = 10
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class NewLink:
    """The whole address, a secret until it is used, and its expiry (aware UTC).

    `number` is shown on both devices; see `confirmation_number`.
    """

    url: str
    expires_at: datetime
    number: str = ""

    def __repr__(self) -> str:
        return f"<NewLink until {self.expires_at}>"


@dataclass(frozen=True)
class LinkPreview:
    """What a link's page shows before use: the site, the account's name, the number."""

    site: Site
    display_name: str
    number: str = ""


def confirmation_number(code: str) -> str:
    """Return three digits for a link's code, shown where it was made and where it is opened.

    A user who compares them notices a link that another person has made. They reveal nothing of use
    about the code.
    """
    digest = hashlib.sha256(b"confirmation-number\0" + code.encode()).digest()
    return str(100 + int.from_bytes(digest[:4]) % 900)


class Links:
    """Creates links, previews them, and signs their person in once."""

    def __init__(self, deps: JourneyDependencies, public_url: str) -> None:
        self._deps = deps
        self._public_url = public_url

    def create(self, onboarding_id: str, actor: Actor, *, life: timedelta = LINK_LIFE) -> NewLink:
        """Return a new link to an active onboarding; the person's earlier links keep working.

        A person has at most MAX_LINKS: the first to expire ends when another one is made. Raises
        NotFound, or Conflict when the onboarding has ended.
        """
        with self._deps.database.writing() as work:
            row = self._deps.lock_with_person(work, onboarding_id)
            if row is None:
                raise NotFound("no such onboarding")
            if not row.active:
                raise Conflict(row.status)
            return self.add(work, row, actor, life=life)

    def add(
        self, work: UnitOfWork, row: Onboarding, actor: Actor, *, life: timedelta = LINK_LIFE
    ) -> NewLink:
        """Store and return a new link to `row`, which is active; its person is locked."""
        now = self._deps.clock()
        code = secrets.token_urlsafe(24)
        expires_at = min(now + life, row.expires_at)
        ended = work.links.end_first_to_expire(row.owner_id, now, keep=MAX_LINKS - 1)
        if ended:
            fields = {"site": row.site, "person": row.owner_id, "ended": ended}
            _log.warning("links_limited", extra=fields)
        work.links.add(code, row.id, now, expires_at)
        self._deps.record_event(work, row, "link_made", actor=actor)
        url = f"{self._public_url}/l/{code}"
        return NewLink(url, expires_at, confirmation_number(code))

    def create_for_owner(
        self, visitor: Visitor, onboarding_id: str, *, is_full_screen: bool = False
    ) -> NewLink:
        """Return a new link for its owner, to continue on another device.

        `is_full_screen`: a short one for the full screen, so that it soon no longer counts as one
        of the person's links. Raises NotFound and Conflict as `create`.
        """
        with self._deps.database.reading() as work:
            self._deps.get_owned(work, visitor, onboarding_id)
        life = FULL_SCREEN_LIFE if is_full_screen else LINK_LIFE
        return self.create(onboarding_id, actor=Actor.USER, life=life)

    def preview(self, code: str) -> LinkPreview:
        """Return whom the link is for, without using it up.

        Raises NotFound, or LinkGone (used or expired).
        """
        with self._deps.database.reading() as work:
            _row, person, site = self._find_usable(work, code)
        name = login_session.display_name(person.name, person.subject)
        return LinkPreview(site, name, confirmation_number(code))

    def use(self, code: str, live: Visitor | None, *, replace: bool = False) -> tuple[Visitor, str]:
        """Sign the link's person in, once; return the visitor and the onboarding id to show.

        A browser whose session was opened by this very link keeps that session. Raises NotFound or
        LinkGone. Raises AnotherPersonSignedIn unless `replace`, without using the link up.
        """
        with self._deps.database.reading() as work:
            known = work.links.get(code)
            if known and live and work.sessions.was_opened_by(live.session_id, f"link:{code}"):
                return live, known.onboarding_id
            row, person, site = self._find_usable(work, code)
        if not replace:
            login_session.refuse_account_switch(live, site, person.subject, person.name)
        with self._deps.database.writing() as work:
            work.people.lock(person.id)  # first, as `create` does, or the two could deadlock
            if not work.links.use(code, self._deps.clock()):
                raise LinkGone("this link has been used")
            self._deps.record_event(work, row, "link_used", actor=Actor.USER)
            visitor = login_session.begin_session(
                self._deps,
                work,
                person,
                site,
                "link",
                live,
                flow=row.flow,
                return_url=work.inputs.get(row.id).return_url,
                handoff=f"link:{code}",
            )
        return visitor, row.id

    def _find_usable(self, work: UnitOfWork, code: str) -> tuple[Onboarding, Person, Site]:
        link = work.links.get(code)
        row = work.onboardings.get(link.onboarding_id) if link else None
        site = self._deps.sites.get(row.site) if row else None
        if link is None or row is None or site is None:
            raise NotFound("no such link")
        if link.used_at is not None or link.expires_at <= self._deps.clock():
            raise LinkGone("this link has been used or is too old")
        return row, work.people.get(row.owner_id), site
