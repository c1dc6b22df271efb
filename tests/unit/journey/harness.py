"""All steps of the journey over a real database and a gateway in memory, wired for tests."""

import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from tests.unit.journey.fakes import Clock, FakeGateway
from tests.unit.store.rows import changed
from webapp.config.sites import Flow, Site
from webapp.domain.onboarding import Onboarding, Status
from webapp.journey.admit import Admit
from webapp.journey.adopt import Adopt
from webapp.journey.dead_letters import DeadLetters
from webapp.journey.decision import Decision
from webapp.journey.dependencies import JourneyDependencies
from webapp.journey.gateway_poll import GatewayPoll
from webapp.journey.host_api import host_api
from webapp.journey.links import Links
from webapp.journey.present import Present
from webapp.journey.result import Result
from webapp.journey.returned import ReturnStep
from webapp.journey.start import Start
from webapp.journey.subscriptions import Subscriptions
from webapp.journey.views import Visitor
from webapp.journey.webhook import Webhook
from webapp.live.broadcaster import Broadcaster
from webapp.return_references import SignedReferences
from webapp.store.column_types import Cipher
from webapp.store.engine import make_engine
from webapp.store.notice_writer import NoticeWriter
from webapp.store.timeline import Entry
from webapp.store.unit_of_work import Database
from webapp.wiring import make_watcher

KEY = "a2tr" * 10 + "a2s"
PUBLIC_URL = "https://shop.example/verify"
SECRET = "hand-off secret of the shop, at least 32 bytes"
SESSIONS_EVERY_SECONDS = 0.05
HEADERS = {"X-Notice-Key": "agreed"}
SLOW = tuple(timedelta(minutes=m) for m in (1, 5, 30, 120, 1440))
SHOP = Site(
    id="shop",
    name="Example Shop",
    return_urls=("https://shop.example/account",),
    oidc=True,
    handoff_keys=(SECRET,),
    flows={
        "default": Flow(reason_map={"expired document": "document_expired", "minor": "underage"}),
        "agreed": Flow(name="agreed", consent_version="2026-01"),
        "host": Flow(name="host", decide="host", decide_within_minutes=60),
        "stay": Flow(name="stay", decide="host", decide_within_minutes=60, on_deadline="stay"),
        "redirect": Flow(name="redirect", mode="redirect", microphone=True),
    },
)
BANK = Site(id="bank", name="Example Bank", handoff_keys=(SECRET,), flows={"default": Flow()})


@dataclass
class JourneyHarness:
    """The parts of one process; a second harness on the same database acts as another process."""

    address: str
    gateway: FakeGateway = field(default_factory=FakeGateway)
    clock: Clock = field(default_factory=Clock)
    sites: Mapping[str, Site] = field(default_factory=lambda: {"shop": SHOP, "bank": BANK})

    def __post_init__(self) -> None:
        self.engine = make_engine(self.address)
        self.database = Database(self.engine, Cipher([KEY]))
        self.deps = JourneyDependencies(
            self.database, self.clock, self.sites, SLOW, livemode=False, public_url=PUBLIC_URL
        )
        self.references = SignedReferences(PUBLIC_URL, ["a key to sign with"])
        gateway: Any = self.gateway
        self.gateway_poll = GatewayPoll(self.deps, gateway)
        self.dead_letters = DeadLetters(self.deps)
        self.links = Links(self.deps, PUBLIC_URL)
        self.decision = Decision(self.deps, self.gateway_poll, confirmation_seconds=0)
        self.host_api = host_api(
            self.deps, self.links, self.gateway_poll, gateway, self.decision, "account"
        )
        self.start = Start(self.deps, gateway, self.gateway_poll, self.references)
        self.admit = Admit(self.deps, PUBLIC_URL)
        self.adopt = Adopt(self.deps, gateway)
        self.present = Present(self.deps)
        self.returned = ReturnStep(self.deps, self.references)
        self.webhook = Webhook(self.deps, NoticeWriter(self.database), [HEADERS])
        self.subscriptions = Subscriptions(
            self.deps, make_watcher(self.engine), SESSIONS_EVERY_SECONDS
        )
        self.broadcaster = Broadcaster()
        self.result = Result(self.deps, self.subscriptions, self.broadcaster)

    def close(self) -> None:
        self.result.close(wait_seconds=10)  # its connection goes back before the pool is closed
        self.engine.dispose()

    def visitor(self, subject: str = "ada", site: str = "shop") -> Visitor:
        """A person who signs in through the identity provider."""
        claims: dict[str, Any] = {"name": subject.title(), "locale": "en", "id_token": "t"}
        return self.admit.by_oidc(site, subject, live=None, **claims)

    def begin(
        self,
        visitor: Visitor,
        flow: str = "default",
        consent: str | None = None,
        *,
        unfinished: bool = False,
    ) -> str:
        return self.start.begin(visitor, flow, consent, "en", unfinished=unfinished)

    def row(self, onboarding_id: str) -> Onboarding:
        with self.database.reading() as work:
            found = work.onboardings.get(onboarding_id)
        assert found is not None
        return found

    def rows(self, visitor: Visitor) -> list[Onboarding]:
        with self.database.reading() as work:
            return work.onboardings.of_person(visitor.person.id)

    def put(self, onboarding_id: str, **fields: Any) -> Onboarding:
        """Store other fields, whatever the transition table allows."""
        with self.database.writing() as work:
            row = work.onboardings.get(onboarding_id, for_update=True)
            assert row is not None
            after = changed(row, **{"updated_at": self.clock(), **fields})
            work.onboardings.save(after, was=row.version)
        return after

    def status(self, onboarding_id: str) -> Status:
        return self.row(onboarding_id).status

    def events(self, onboarding_id: str) -> list[str]:
        return [line.event for line in self.timeline(onboarding_id)]

    def timeline(self, onboarding_id: str) -> list[Entry]:
        with self.database.reading() as work:
            return work.timeline.of(onboarding_id)

    def open_notices(self, onboarding_id: str) -> list[str]:
        with self.database.reading() as work:
            return [kept.status for kept in work.inbox.unsettled(onboarding_id)]

    def notice(self, onboarding_id: str, word: str) -> None:
        body = json.dumps({"verificationId": onboarding_id, "status": word})
        self.webhook.store(body.encode())

    def set_gateway_word(self, onboarding_id: str, word: str, **more: Any) -> None:
        """Change the gateway's answer about a process without sending a notice."""
        self.gateway.processes[onboarding_id] = word
        self.gateway.answer_fields[onboarding_id] = more

    def poll_answered(self, onboarding_id: str, word: str, **more: Any) -> None:
        """Poll it while the gateway answers this."""
        self.set_gateway_word(onboarding_id, word, **more)
        self.gateway_poll.poll(onboarding_id)

    def due_ids(self) -> list[str]:
        return [onboarding_id for onboarding_id, _planned in self.gateway_poll.due_polls()]

    def run_due(self) -> int:
        """Make all due polls, as the jobs process does; return their number."""
        due = self.gateway_poll.due_polls()
        for onboarding_id, _planned in due:
            self.gateway_poll.poll(onboarding_id)
        return len(due)

    def back(self, onboarding_id: str, error: str | None = None) -> Any:
        return self.returned.record_return(self.references.sign(onboarding_id), error)


def unknown_id() -> str:
    return str(uuid.uuid4())
