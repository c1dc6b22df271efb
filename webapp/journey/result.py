"""result: the status of an onboarding for its owner, once or as a stream of changes."""

from __future__ import annotations

import socket
from collections.abc import Callable

from webapp.journey.completion_notices import has_completion_notice
from webapp.journey.dependencies import JourneyDependencies
from webapp.journey.result_signing import sign_result
from webapp.journey.subscriptions import Subscriber, Subscriptions
from webapp.journey.views import OnboardingView, Visitor, onboarding_view
from webapp.live.broadcaster import Broadcaster


class Result:
    """Reports the status to the owner."""

    def __init__(
        self, deps: JourneyDependencies, subscriptions: Subscriptions, broadcaster: Broadcaster
    ) -> None:
        self._deps = deps
        self._subscriptions = subscriptions
        self._broadcaster = broadcaster

    def status(self, visitor: Visitor, onboarding_id: str) -> OnboardingView:
        """Return the present status. Raises NotFound unless it is the visitor's own."""
        with self._deps.database.reading() as work:
            onboarding = self._deps.get_owned(work, visitor, onboarding_id)
            has_notice = has_completion_notice(work, onboarding)
        return onboarding_view(onboarding, self._deps.flow_of(onboarding), has_notice=has_notice)

    def signed(self, visitor: Visitor, view: OnboardingView) -> str:
        """Return the signed result (JWS) of the visitor's onboarding for the host page's events.

        Raises DatabaseUnavailable on the first use of a process.
        """
        site, subject = visitor.site.id, visitor.person.subject
        return sign_result(self._deps, site, subject, view.id, view.status, visitor.state)

    def stream(
        self,
        visitor: Visitor,
        onboarding_id: str,
        connection: socket.socket,
        chunked: bool,
        gone: Callable[[], None],
        *,
        words: Callable[[OnboardingView], bytes],
        max_seconds: float,
    ) -> None:
        """Send the status and each change on `connection`, whose response head is sent already.

        `words` encodes a status. The stream ends after `max_seconds`, with the session, when the
        process stops, or when the browser disconnects or stops reading; then `gone` is called once.
        Returns at once, without a thread of its own. Raises NotFound and DatabaseUnavailable; the
        response ends then too.
        """

        def on_close() -> None:
            self._subscriptions.remove(subscriber)
            gone()

        subscriber = Subscriber(
            visitor.session_id,
            visitor.person.id,
            onboarding_id,
            on_change=lambda view: self._broadcaster.send(stream, words(view)),
            on_end=lambda: self._broadcaster.finish(stream),
        )
        stream = self._broadcaster.adopt(
            connection, chunked=chunked, seconds=max_seconds, on_close=on_close
        )
        try:
            self._subscriptions.add(subscriber)
            self._subscriptions.send_current(subscriber, visitor)
        except BaseException:
            self._broadcaster.finish(stream)
            raise
        finally:
            if stream.closed:  # perhaps before the subscriber was added
                self._subscriptions.remove(subscriber)

    def close(self, wait_seconds: float) -> None:
        """End all streams of this process, and wait so long until their ends are sent."""
        self._broadcaster.close(wait_seconds)
        self._subscriptions.close(wait_seconds)
