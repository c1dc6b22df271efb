"""present: which page an onboarding has now, and what the hosted page needs to live in it."""

from __future__ import annotations

from webapp.basics.urls import origin_of
from webapp.domain.onboarding import AWAITING_RESULT, Onboarding, Status
from webapp.domain.schedule import PollReason
from webapp.journey.create_process import CREATE_LEASE
from webapp.journey.dependencies import JourneyDependencies
from webapp.journey.views import Action, Home, Kind, Page, Visitor, onboarding_view


class Present:
    """Chooses pages; changes nothing but how soon the gateway is asked."""

    def __init__(self, deps: JourneyDependencies) -> None:
        self._deps = deps

    def show(self, visitor: Visitor, onboarding_id: str) -> Page:
        """The page of the visitor's own onboarding. Raises NotFound for any other."""
        with self._deps.database.reading() as work:
            onboarding = self._deps.owned(work, visitor, onboarding_id)
            version = self._deps.flow_of(onboarding).consent_version
            agreed = version is None or work.onboardings.agreed(onboarding.id, version)
        kind = self._kind(onboarding)
        if kind == "waiting":
            self._keep_asking(onboarding)
        offered = kind in ("frame", "redirect")
        return Page(
            onboarding=onboarding_view(onboarding, self._deps.flow_of(onboarding)),
            kind=kind,
            site=visitor.site,
            flow=self._deps.flow_of(onboarding),
            person=visitor.person,
            allow=self._allow(onboarding) if offered else "",
            hosted_url=onboarding.hosted_url if offered else None,
            hosted_origin=_origin(onboarding.hosted_url) if offered else None,
            onboarding_token=onboarding.onboarding_token if offered else None,
            agreed=agreed,
            return_url=visitor.return_url,
        )

    def home(self, visitor: Visitor) -> Home:
        """Who the visitor is here, what they have done, and the one thing to do next."""
        flow = visitor.site.flows[visitor.flow]
        with self._deps.database.reading() as work:
            known = work.onboardings.of_person(visitor.person.id)
        views = [onboarding_view(row, self._deps.flow_of(row)) for row in known]
        current = next((view for view in views if view.flow == flow.name), None)
        actions: dict[str, Action] = {"continue": "continue", "retry": "retry"}
        action = actions.get(current.next, "see") if current else "start"
        return Home(visitor.person, visitor.site, flow, views, current, action, visitor.return_url)

    def _kind(self, onboarding: Onboarding) -> Kind:
        if onboarding.status is Status.CREATED:
            called_at = onboarding.create_called_at
            busy = called_at is not None and self._deps.clock() < called_at + CREATE_LEASE
            return "preparing" if busy else "consent"
        if onboarding.status is Status.STARTED:
            return "frame" if onboarding.mode == "iframe" else "redirect"
        return "waiting" if onboarding.status in AWAITING_RESULT else "result"

    def _allow(self, onboarding: Onboarding) -> str:
        """The frame's permissions, exactly as the flow needs them (contract 7.1)."""
        origin = _origin(onboarding.hosted_url)
        wanted = ["camera"]
        if self._deps.flow_of(onboarding).microphone:
            wanted.append("microphone")
        return "; ".join(f"{name} {origin}" for name in wanted)

    def _keep_asking(self, onboarding: Onboarding) -> None:
        """Somebody waits on a page: read the gateway on the quick schedule once more."""
        now = self._deps.clock()
        planned = onboarding.next_poll_at
        quick = (PollReason.WAITING, PollReason.NOTICE)
        soon = planned is not None and (planned - now).total_seconds() < 30
        if soon and onboarding.poll_reason in quick:
            return
        with self._deps.database.writing() as work:
            self._deps.schedule_poll_now(work, onboarding.id, PollReason.WAITING)


def _origin(url: str | None) -> str:
    """As a browser writes it, for that is what its messages are compared with."""
    return origin_of(url or "") or ""
