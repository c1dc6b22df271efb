"""present: choose the page of an onboarding, and what the page needs to show the hosted page."""

from __future__ import annotations

from datetime import timedelta

from webapp.basics.urls import origin_of
from webapp.config.sites import Site
from webapp.domain.onboarding import AWAITING_RESULT, Mode, Onboarding, Status
from webapp.domain.schedule import PollReason
from webapp.journey.completion_notices import has_completion_notice
from webapp.journey.create_process import CREATE_LEASE
from webapp.journey.dependencies import JourneyDependencies
from webapp.journey.result_signing import signed_return_url
from webapp.journey.views import (
    Action,
    Home,
    Kind,
    OnboardingView,
    Page,
    Visitor,
    onboarding_view,
)

#: A poll that is due within this time on the quick schedule is not moved forward.
_SOON = timedelta(seconds=30)


class Present:
    """Chooses pages; changes nothing but the time of the next poll."""

    def __init__(self, deps: JourneyDependencies) -> None:
        self._deps = deps

    def show(self, visitor: Visitor, onboarding_id: str) -> Page:
        """Return the page of the visitor's own onboarding. Raises NotFound for any other."""
        with self._deps.database.reading() as work:
            onboarding = self._deps.get_owned(work, visitor, onboarding_id)
            version = self._deps.flow_of(onboarding).consent_version
            agreed = version is None or work.onboardings.has_consent(onboarding.id, version)
            has_notice = has_completion_notice(work, onboarding)
        kind = "waiting" if has_notice else self._kind(onboarding)
        if kind == "waiting":
            self._poll_soon(onboarding)
        shows_hosted_page = kind in ("frame", "redirect")
        shows_status = kind in ("waiting", "result")
        return Page(
            onboarding=onboarding_view(
                onboarding, self._deps.flow_of(onboarding), has_notice=has_notice
            ),
            kind=kind,
            site=visitor.site,
            flow=self._deps.flow_of(onboarding),
            person=visitor.person,
            allow=self._allow(onboarding) if shows_hosted_page else "",
            hosted_url=onboarding.hosted_url if shows_hosted_page else None,
            hosted_origin=_origin(onboarding.hosted_url) if shows_hosted_page else None,
            onboarding_token=onboarding.onboarding_token if shows_hosted_page else None,
            agreed=agreed,
            return_url=self._return_url(visitor, onboarding) if shows_status else None,
        )

    def site_of_erased(self, onboarding_id: str) -> Site | None:
        """Return the site of an erased onboarding, whose page everyone may see; None for others."""
        with self._deps.database.reading() as work:
            found = work.onboardings.statuses_of([onboarding_id]).get(onboarding_id)
        if found is None or found.status is not Status.ERASED:
            return None
        return self._deps.sites.get(found.site)

    def home(self, visitor: Visitor) -> Home:
        """Return the home page: the visitor, their onboardings, and the one next action."""
        flow = visitor.site.flows[visitor.flow]
        with self._deps.database.reading() as work:
            known = work.onboardings.of_person(visitor.person.id)
            views = [
                onboarding_view(
                    row, self._deps.flow_of(row), has_notice=has_completion_notice(work, row)
                )
                for row in known
            ]
        current = next((view for view in views if view.flow == flow.name), None)
        actions: dict[str, Action] = {"continue": "continue", "retry": "retry"}
        action = actions.get(current.next, "see") if current else "start"
        url = self._return_url(visitor, current) if current else visitor.return_url
        return Home(visitor.person, visitor.site, flow, views, current, action, url)

    def _return_url(self, visitor: Visitor, shown: Onboarding | OnboardingView) -> str | None:
        return signed_return_url(self._deps, visitor, shown.id, shown.status)

    def _kind(self, onboarding: Onboarding) -> Kind:
        if onboarding.status is Status.CREATED:
            called_at = onboarding.create_called_at
            in_flight = called_at is not None and self._deps.clock() < called_at + CREATE_LEASE
            return "preparing" if in_flight else "consent"
        if onboarding.status is Status.STARTED and onboarding.adopted:
            return "consent"  # the address of its page is not known: a start replaces it
        if onboarding.status is Status.STARTED:
            return "frame" if onboarding.mode == Mode.IFRAME else "redirect"
        return "waiting" if onboarding.status in AWAITING_RESULT else "result"

    def _allow(self, onboarding: Onboarding) -> str:
        """The frame's permissions, exactly as the flow needs them (contract 7.1)."""
        origin = _origin(onboarding.hosted_url)
        wanted = ["camera"]
        if self._deps.flow_of(onboarding).microphone:
            wanted.append("microphone")
        return "; ".join(f"{name} {origin}" for name in wanted)

    def _poll_soon(self, onboarding: Onboarding) -> None:
        """A user waits on the page: begin the quick poll schedule unless it is running."""
        now = self._deps.clock()
        planned = onboarding.next_poll_at
        quick = (PollReason.WAITING, PollReason.NOTICE)
        is_soon = planned is not None and planned - now < _SOON
        if is_soon and onboarding.poll_reason in quick:
            return
        with self._deps.database.writing() as work:
            self._deps.schedule_poll_now(work, onboarding.id, PollReason.WAITING)


def _origin(url: str | None) -> str:
    """As browsers write it: the origin of their messages is compared with it."""
    return origin_of(url or "") or ""
