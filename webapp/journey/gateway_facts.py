"""Record what the gateway really sends, and raise an alarm where it differs from the contract.

Each process knows the recorded facts, so an answer costs no access to the database unless it shows
something new.
"""

from __future__ import annotations

import logging
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from webapp.domain.onboarding import FINAL
from webapp.domain.states import known_word, meaning
from webapp.gateway.contract import DOCUMENTED
from webapp.gateway.observed_facts import VERDICT, FactKind, ObservedFact, facts_of, safe_word
from webapp.store.errors import StoreError
from webapp.store.gateway_facts import FactKey, StoredFact
from webapp.store.unit_of_work import Database, UnitOfWork

#: The alarm of process data that differs from the contract; its detail names the members.
GATEWAY_DRIFT = "gateway_drift"
#: A documented member that was seen before counts as gone after so many decided processes in a
#: row without it: one person's document may lack it.
ABSENT_AFTER = 50
#: The most facts that are recorded; a gateway that invents names must not fill the database.
MAX_FACTS = 1000
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class SeenField:
    """A member of process data. `documented` is its JSON type in the contract, None if it is not
    there; without `shapes` it has never been seen."""

    name: str
    shapes: tuple[str, ...]
    documented: str | None
    first_seen_at: datetime | None


@dataclass(frozen=True)
class Drift:
    """A difference between what the gateway sends and the contract."""

    name: str
    sentence: str
    since: datetime
    accepted_at: datetime | None


@dataclass(frozen=True)
class GatewayReport:
    """What the gateway has sent, and the differences; accepted ones raise no alarm."""

    fields: tuple[SeenField, ...]
    verdict_words: tuple[str, ...]
    notice_words: tuple[str, ...]
    drift: tuple[Drift, ...]


class GatewayFacts:
    """One per process. Threads may call it at the same time."""

    def __init__(self, database: Database, clock: Callable[[], datetime]) -> None:
        self._database = database
        self._clock = clock
        # Replaced, never changed: another thread may be reading it.
        self._known: frozenset[FactKey] | None = None
        self._missing: Counter[str] = Counter()
        self._lock = threading.Lock()

    def record(self, process_data: Mapping[str, Any]) -> None:
        """Record the facts of an answer that are new. A database that fails costs no poll."""
        try:
            self._record(process_data)
        except StoreError:  # the next answer records them
            return

    def report(self) -> GatewayReport:
        """Return what was recorded. Raises DatabaseUnavailable."""
        with self._database.reading() as work:
            facts = work.gateway_facts.all()
            notice_words = {safe_word(each) for each in work.inbox.words()}
        words = [each.shape for each in facts if each.kind == FactKind.WORD]
        return GatewayReport(
            tuple(_seen_fields(facts)), tuple(words), tuple(sorted(notice_words)), _drift(facts)
        )

    def accept_drift(self) -> tuple[Drift, ...]:
        """Accept all differences, which ends the alarm; return them. Raises NotWritable."""
        now = self._clock()
        with self._database.writing() as work:
            differing = [each for each in work.gateway_facts.all() if _is_open_drift(each)]
            for each in differing:
                work.gateway_facts.accept(each.key, now)
            work.alarms.clear(GATEWAY_DRIFT)
        return _drift(differing)

    def _record(self, process_data: Mapping[str, Any]) -> None:
        known = self._load_known()
        facts = {*facts_of(process_data), *self._gone(process_data, known)}
        new = {(each.kind, each.name, each.shape): each for each in facts}
        new = {key: each for key, each in new.items() if key not in known}
        if not new or len(known) >= MAX_FACTS:
            return
        with self._database.writing() as work:
            # In order, so that two processes cannot deadlock.
            added = [new[key] for key in sorted(new) if work.gateway_facts.add(key, self._clock())]
            if any(_is_drift(each) for each in added):
                self._raise_alarm(work)
        with self._lock:
            self._known = (self._known or known) | new.keys()

    def _load_known(self) -> frozenset[FactKey]:
        with self._lock:
            if self._known is None:
                with self._database.reading() as work:
                    self._known = frozenset(each.key for each in work.gateway_facts.all())
            return self._known

    def _gone(
        self, process_data: Mapping[str, Any], known: Iterable[FactKey]
    ) -> Iterable[ObservedFact]:
        """Count documented members that a decided process lacks, and yield those that are gone."""
        if meaning(str(process_data.get(VERDICT))) not in FINAL:
            return
        document = process_data.get("document")
        present = {*process_data}
        if isinstance(document, dict) and document:
            present |= {f"document.{name}" for name in document}
        else:
            present |= {name for name in DOCUMENTED if name.startswith("document.")}
        seen = {name for kind, name, _shape in known if kind == FactKind.FIELD}
        for name in seen & DOCUMENTED.keys():
            if name in present:
                self._missing.pop(name, None)
                continue
            self._missing[name] += 1
            if self._missing[name] >= ABSENT_AFTER:
                yield ObservedFact(FactKind.ABSENT, name, "missing")

    def _raise_alarm(self, work: UnitOfWork) -> None:
        names = {each.name: None for each in work.gateway_facts.all() if _is_open_drift(each)}
        detail = ", ".join(names)
        work.alarms.raise_alarm(GATEWAY_DRIFT, self._clock(), detail)
        _log.error("gateway_drift_found", extra={"fields": detail})


def _is_drift(fact: ObservedFact) -> bool:
    if fact.kind is FactKind.ABSENT:
        return True
    if fact.kind is FactKind.WORD:
        return known_word(fact.shape) == "unknown"
    documented = DOCUMENTED.get(fact.name)
    return documented is not None and fact.json_type not in ("null", documented)


def _observed(fact: StoredFact) -> ObservedFact:
    return ObservedFact(FactKind(fact.kind), fact.name, fact.shape)


def _is_open_drift(fact: StoredFact) -> bool:
    return fact.accepted_at is None and _is_drift(_observed(fact))


def _drift(facts: Iterable[StoredFact]) -> tuple[Drift, ...]:
    return tuple(
        Drift(each.name, _sentence(_observed(each)), each.first_seen_at, each.accepted_at)
        for each in facts
        if _is_drift(_observed(each))
    )


def _sentence(fact: ObservedFact) -> str:
    if fact.kind is FactKind.ABSENT:
        return f"{fact.name} was sent before and is missing now"
    if fact.kind is FactKind.WORD:
        return f"{fact.name} has the word {fact.shape}, which the contract does not name"
    return f"{fact.name} is {fact.shape}; the contract says {DOCUMENTED[fact.name]}"


def _seen_fields(facts: Iterable[StoredFact]) -> Iterable[SeenField]:
    by_name: dict[str, list[StoredFact]] = {}
    for each in facts:
        if each.kind == FactKind.FIELD:
            by_name.setdefault(each.name, []).append(each)
    for name in dict.fromkeys((*DOCUMENTED, *sorted(by_name))):
        found = by_name.get(name, [])
        since = min((each.first_seen_at for each in found), default=None)
        shapes = tuple(each.shape for each in found)
        yield SeenField(name, shapes, DOCUMENTED.get(name), since)
