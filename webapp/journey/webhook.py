"""webhook: a notice is authenticated, stored, acknowledged. It changes nothing by itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from webapp.domain.errors import NoticeNotAuthentic, NoticeUnusable
from webapp.domain.schedule import LookCause
from webapp.gateway import notice
from webapp.journey.ground import Ground


class Webhook:
    """The gateway's door: as fast as the disk, and never wrong about what is stored."""

    def __init__(self, ground: Ground, required: Sequence[Mapping[str, str]]) -> None:
        """`required`: sets of headers, any one of which makes a notice authentic; none = closed."""
        self._ground = ground
        self._required = required

    def authentic(self, headers: Mapping[str, str]) -> bool:
        """Whether headers agreed with the gateway came along; constant time. Contract 5."""
        return notice.headers_match(self._required, headers)

    def take(self, headers: Mapping[str, str], body: bytes) -> None:
        """Store the notice so that it survives whatever comes next; repeats are absorbed.

        Returns only once it is on disk. Raises NoticeNotAuthentic, NoticeUnusable, or
        NotWritable (nothing stored, the sender should try again). Contract 5.
        """
        if not self.authentic(headers):
            raise NoticeNotAuthentic("the required headers did not come with it")
        try:
            told = notice.parse_notice(body)
        except notice.NoticeUnusable as cause:
            raise NoticeUnusable(cause.why) from cause
        with self._ground.database.writing() as work:
            now = self._ground.clock()
            work.inbox.keep(told.verification_id, told.status, told.raw, now)
            if work.inbox.unsettled(told.verification_id):
                self._ground.wake(work, told.verification_id, LookCause.NOTICE)
                work.timeline.add(
                    now,
                    "notice",
                    actor="gateway",
                    onboarding_id=told.verification_id,
                    word=told.status,
                )
