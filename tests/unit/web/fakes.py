"""In-memory doubles of the journey's steps."""

from __future__ import annotations

import os
from base64 import urlsafe_b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

from flask import Flask

from webapp.config.sites import Brand, Flow, Site
from webapp.domain.errors import (
    AnotherPersonSignedIn,
    HandoffNotAccepted,
    LinkGone,
    NotFound,
    ReferenceExpired,
    ReferenceTampered,
    StepError,
    UnreadableNotice,
)
from webapp.domain.limit_counts import LimitCount, LimitTotal
from webapp.domain.onboarding import Person, Status
from webapp.domain.reasons import ReasonCode, reason
from webapp.hostsite.provider_keys import ProviderKeys
from webapp.journey.links import LinkPreview, NewLink
from webapp.journey.pending_logins import PendingLogins
from webapp.journey.views import Home, OnboardingView, Page, Returned, Visitor
from webapp.store.column_types import Cipher

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
ADAS = "5f0c2a9e-7b1d-4c36-9a52-0d8e6f3b1c77"
BENS = "0b9a6f6e-94a4-4c55-8f53-5b1a4a1f0d10"
HOSTED = "https://gateway.example"
SHOP = Site(
    id="shop",
    name="Example Shop",
    origins=("https://shop.example",),
    oidc=True,
    locales=("en", "es"),
    brand=Brand(logo="https://cdn.shop.example/logo.svg", color="#0a5"),
    flows={"default": Flow(consent_version="2026-01")},
)
#: Hand-off token → subject and name.
TOKENS = {"adas-token": ("ada", "Ada"), "bens-token": ("ben", "Ben")}
#: Code of a one-time link → subject and name.
CODES = {"adas-code": ("ada", "Ada"), "bens-code": ("ben", "Ben")}


def view(id_: str, status: Status = Status.STARTED, version: int = 2) -> OnboardingView:
    return OnboardingView(
        id=id_,
        flow="default",
        status=status,
        reasons=(),
        attempt=1,
        version=version,
        created_at=NOW,
        updated_at=NOW,
        decided_at=None,
        expires_at=NOW + timedelta(hours=48),
        next="continue",
    )


STARTED = replace(view(ADAS), reasons=(reason(ReasonCode.TIMED_OUT),))


class FakePendingLogins(PendingLogins):
    """The real seal, with a key of its own; the states are in memory."""

    def __init__(self) -> None:
        database = SimpleNamespace(cipher=Cipher([urlsafe_b64encode(os.urandom(32)).decode()]))
        super().__init__(SimpleNamespace(database=database, clock=lambda: datetime.now(UTC)))  # type: ignore[arg-type]
        self._used: set[str] = set()

    def use_state(self, state: str) -> bool:
        is_new = state not in self._used
        self._used.add(state)
        return is_new


@dataclass
class FakeSteps:
    """All steps in one object. `error` is raised by the next step; `calls` records arguments."""

    sites: Mapping[str, Site] = field(default_factory=lambda: {"shop": SHOP})
    livemode: bool = False
    kind: str = "frame"
    microphone: bool = False
    error: StepError | Exception | None = None
    problems: list[str] = field(default_factory=list)
    calls: list[Any] = field(default_factory=list)
    sessions: dict[str, Visitor] = field(default_factory=dict)
    owners: dict[str, str] = field(default_factory=lambda: {ADAS: "ada", BENS: "ben"})
    status: OnboardingView = field(default_factory=lambda: STARTED)
    shared: list[LimitCount] = field(default_factory=list)
    used: set[str] = field(default_factory=set)
    locales: list[str | None] = field(default_factory=list)
    erased_id: str | None = None

    def __post_init__(self) -> None:
        self.admit = SimpleNamespace(
            by_handoff=self.by_handoff,
            by_embedded_handoff=self.by_embedded_handoff,
            by_oidc=self.by_oidc,
            find_visitor=self.find_visitor,
            find_embedded_visitor=self.find_embedded_visitor,
            sign_out=lambda visitor: self.sessions.pop(visitor.session_id),
            oidc_sites=lambda: [site for site in self.sites.values() if site.oidc],
        )
        self.pending_logins = FakePendingLogins()
        self.read_provider_keys = ProviderKeys
        self.links = SimpleNamespace(
            preview=self.preview, use=self.use, create_for_owner=self.create_for_owner
        )
        self.start = SimpleNamespace(begin=self.begin, prepare=self.prepare)
        self.present = SimpleNamespace(
            show=self.show, home=self.home, site_of_erased=self.site_of_erased
        )
        self.returned = SimpleNamespace(
            record_return=self.record_return, view_return=self.view_return
        )
        self.webhook = SimpleNamespace(
            store=self.store, is_authentic=self.is_authentic, header_names={"Authorization"}
        )
        self.element_reports = SimpleNamespace(record=lambda *report: self.calls.append(report))
        self.result = SimpleNamespace(
            status=self.status_of,
            stream=lambda *_given, **_more: None,
            signed=lambda _visitor, shown: f"signed.{shown.status}.result",
        )

    def public_result_keys(self) -> dict[str, list[dict[str, str]]]:
        return {"keys": [{"kty": "EC", "kid": "of-the-fake"}]}

    def clock(self) -> datetime:
        return datetime.now(UTC)

    def share_limit_counts(self, counts: Sequence[LimitCount]) -> list[LimitTotal]:
        self.shared += counts
        return []

    def find_degradations(self) -> list[str]:
        return []

    def statistics(self) -> None:
        return None

    def find_problems(self) -> list[str]:
        return self.problems

    def by_handoff(self, token: str, live: Visitor | None, *, replace: bool = False) -> Visitor:
        if token not in TOKENS:
            raise HandoffNotAccepted("expired", "make a new one")
        subject, name = TOKENS[token]
        if live and live.person.subject == subject:
            return live
        if live and not replace:
            raise AnotherPersonSignedIn(str(live.person.name), name, "Example Shop")
        if token in self.used:
            raise HandoffNotAccepted("already_used", "make a new one")
        self.used.add(token)
        return self.create_session(subject, name, "handoff")

    def by_embedded_handoff(self, token: str, site_id: str, flow: str | None) -> Visitor:
        self.calls.append((site_id, flow))
        if token not in TOKENS:
            raise HandoffNotAccepted("expired", "make a new one")
        return self.create_session(*TOKENS[token], "embed")

    def find_visitor(self, session_id: str) -> Visitor | None:
        found = self.sessions.get(session_id)
        return found if found and found.via != "embed" else None

    def find_embedded_visitor(self, bearer: str, site_id: str) -> Visitor | None:
        found = self.sessions.get(bearer)
        return found if found and (found.via, found.site.id) == ("embed", site_id) else None

    def by_oidc(
        self,
        site_id: str,
        subject: str,
        *,
        name: str | None,
        locale: str | None,
        live: Visitor | None,
        replace: bool = False,
        id_token: str | None,
    ) -> Visitor:
        self.calls.append(id_token)
        if live and live.person.subject != subject and not replace:
            raise AnotherPersonSignedIn(str(live.person.name), str(name), "Example Shop")
        self.locales.append(locale)
        return self.create_session(subject, name, "oidc", id_token="the.id.token")

    def create_session(self, subject: str, name: str | None, via: str, **more: Any) -> Visitor:
        visitor = Visitor(
            session_id=f"session-{len(self.sessions)}-{subject}",
            person=Person(f"person-{subject}", "shop", subject, name),
            site=SHOP,
            flow="default",
            via=via,
            expires_at=NOW + timedelta(hours=8),
            **more,
        )
        self.sessions[visitor.session_id] = visitor
        return visitor

    def preview(self, code: str) -> LinkPreview:
        if code not in CODES:
            raise NotFound
        if code in self.used:
            raise LinkGone
        return LinkPreview(SHOP, CODES[code][1], "482")

    def use(self, code: str, live: Visitor | None, *, replace: bool = False) -> tuple[Visitor, str]:
        subject, name = CODES[code]
        if live and live.via == "link" and live.person.subject == subject:
            return live, ADAS if subject == "ada" else BENS
        self.preview(code)
        if live and live.person.subject != subject and not replace:
            raise AnotherPersonSignedIn(str(live.person.name), name, "Example Shop")
        self.used.add(code)
        return self.create_session(subject, name, "link"), ADAS if subject == "ada" else BENS

    def prepare(self, visitor: Visitor, **fields: Any) -> str:
        self.calls.append((visitor.person.subject, fields))
        self._raise_error()
        return ADAS

    def create_for_owner(
        self, visitor: Visitor, onboarding_id: str, *, is_full_screen: bool = False
    ) -> NewLink:
        self._owned(visitor, onboarding_id)
        now = datetime.now(UTC)
        return NewLink("http://localhost:8000/l/a-new-code", now + timedelta(hours=24), "482")

    def begin(self, visitor: Visitor, **fields: Any) -> str:
        self.calls.append((visitor.person.subject, fields))
        self._raise_error()
        return ADAS

    def show(self, visitor: Visitor, onboarding_id: str) -> Page:
        self._owned(visitor, onboarding_id)
        offered = self.kind in ("frame", "redirect")
        return Page(
            onboarding=view(onboarding_id),
            kind=self.kind,  # type: ignore[arg-type]
            site=SHOP,
            flow=SHOP.flows["default"].model_copy(update={"microphone": self.microphone}),
            person=visitor.person,
            allow=f"camera {HOSTED}" if offered else "",
            hosted_url=f"{HOSTED}/hosted/1" if offered else None,
            hosted_origin=HOSTED if offered else None,
            onboarding_token="token-of-the-process" if offered else None,
        )

    def site_of_erased(self, onboarding_id: str) -> Site | None:
        return SHOP if onboarding_id == self.erased_id else None

    def home(self, visitor: Visitor) -> Home:
        return Home(visitor.person, SHOP, SHOP.flows["default"], [], None, "start")

    def record_return(self, reference: str, error: str | None) -> Returned:
        self.calls.append(("back", error))
        return self.view_return(reference)

    def view_return(self, reference: str) -> Returned:
        if reference == "old":
            raise ReferenceExpired
        if reference != "good":
            raise ReferenceTampered
        return Returned(ADAS, SHOP, None)

    def is_authentic(self, headers: Mapping[str, str]) -> bool:
        return headers.get("Authorization") == "Bearer agreed"

    def store(self, body: bytes, *, was_forwarded: bool = False) -> bool:
        if not body.startswith(b"{"):
            raise UnreadableNotice("no JSON object")
        self._raise_error()
        self.calls.append(body)
        return self.calls.count(body) == 1

    def status_of(self, visitor: Visitor, onboarding_id: str) -> OnboardingView:
        self._owned(visitor, onboarding_id)
        return self.status

    def _owned(self, visitor: Visitor, onboarding_id: str) -> None:
        self._raise_error()
        if self.owners.get(onboarding_id) != visitor.person.subject:
            raise NotFound

    def _raise_error(self) -> None:
        if self.error is not None:
            raise self.error


def steps_of(app: Flask) -> FakeSteps:
    steps = app.extensions["steps"]
    assert isinstance(steps, FakeSteps)
    return steps
