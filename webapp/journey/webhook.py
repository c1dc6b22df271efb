"""webhook: authenticate and store a notice of the gateway. It changes no onboarding by itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from webapp.domain.errors import UnreadableNotice
from webapp.gateway import notice
from webapp.journey.dependencies import JourneyDependencies
from webapp.store.notice_writer import NewNotice, NoticeWriter


class Webhook:
    """Receives notices; returns only once a notice is stored durably."""

    def __init__(
        self,
        deps: JourneyDependencies,
        writer: NoticeWriter,
        required: Sequence[Mapping[str, str]],
        *,
        forwards: bool = False,
    ) -> None:
        """`required`: sets of headers, one of which must match. Empty: notices are switched off.

        `forwards`: notices about unknown ids are handed on (`notice_forwarding`).
        """
        self._deps = deps
        self._writer = writer
        self._required = required
        self._forwards = forwards

    @property
    def header_names(self) -> frozenset[str]:
        """Names of all headers that `is_authentic` compares."""
        return frozenset(name for each in self._required for name in each)

    def is_authentic(self, headers: Mapping[str, str]) -> bool:
        """Whether `headers` hold a required set; compares in constant time (contract 5)."""
        return notice.headers_match(self._required, headers)

    def store(self, body: bytes, *, was_forwarded: bool = False) -> bool:
        """Store an authentic notice durably and make a poll due; return whether it was new.

        `was_forwarded`: another server has handed it on (FORWARDED_HEADER).
        No poll becomes due for a notice that the gateway has confirmed already. Raises
        UnreadableNotice (it names no process; the body is in quarantine) or NotWritable (the
        sender should retry). Contract 5.
        """
        try:
            parsed = notice.parse_notices(body)
        except notice.InvalidNoticeBody as cause:
            with self._deps.database.writing() as work:
                work.quarantine.add(body, cause.reason, self._deps.clock())
            raise UnreadableNotice(cause.reason) from cause
        now = self._deps.clock()
        may_forward = self._forwards and not was_forwarded
        are_new = [
            self._writer.store(
                NewNotice(each.verification_id, each.status, each.raw, now, may_forward)
            )
            for each in parsed
        ]
        return any(are_new)
