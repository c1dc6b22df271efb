"""webhook: a notice is authenticated, stored, acknowledged. It changes nothing by itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from webapp.domain.errors import NoticeNotAuthentic, UnreadableNotice
from webapp.gateway import notice
from webapp.journey.dependencies import JourneyDependencies
from webapp.store.notice_writer import NewNotice, NoticeWriter


class Webhook:
    """The gateway's door: as fast as the disk, and never wrong about what is stored."""

    def __init__(
        self,
        deps: JourneyDependencies,
        writer: NoticeWriter,
        required: Sequence[Mapping[str, str]],
    ) -> None:
        """`required`: sets of headers, any one of which makes a notice authentic; none = closed."""
        self._deps = deps
        self._writer = writer
        self._required = required

    @property
    def header_names(self) -> frozenset[str]:
        """All headers that are looked at."""
        return frozenset(name for each in self._required for name in each)

    def is_authentic(self, headers: Mapping[str, str]) -> bool:
        """Whether headers agreed with the gateway came along; constant time. Contract 5."""
        return notice.headers_match(self._required, headers)

    def receive(self, headers: Mapping[str, str], body: bytes) -> bool:
        """Keep the notice, if it is authentic. Raises NoticeNotAuthentic, or what `keep` does."""
        if not self.is_authentic(headers):
            raise NoticeNotAuthentic("the required headers did not come with it")
        return self.store(body)

    def store(self, body: bytes) -> bool:
        """Store an authentic notice so that it survives whatever comes; whether it was new.

        It has the gateway asked, unless that has agreed with it already. Returns only once it is
        on disk. Raises UnreadableNotice (it is in quarantine), or NotWritable (it is not known to
        be
        stored, the sender should try again). Contract 5.
        """
        try:
            told = notice.parse_notice(body)
        except notice.InvalidNoticeBody as cause:
            with self._deps.database.writing() as work:
                work.quarantine.keep(body, cause.reason, self._deps.clock())
            raise UnreadableNotice(cause.reason) from cause
        new = NewNotice(told.verification_id, told.status, told.raw, self._deps.clock())
        return self._writer.keep(new)
