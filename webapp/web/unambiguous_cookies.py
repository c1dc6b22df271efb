"""Ignore cookies that a request carries twice.

A subdomain or another path of the host can set a cookie of our name for us, unless the name begins
with `__Host-`. The browser then sends both, in an order that the other site can influence (RFC
6265, 5.4), and nothing distinguishes ours.
"""

from __future__ import annotations

from flask import Request
from werkzeug.datastructures import ImmutableMultiDict
from werkzeug.utils import cached_property

from webapp.web.request_log import log


class UnambiguousCookies(Request):
    """A request without the cookies whose name occurs more than once."""

    @cached_property
    def cookies(self) -> ImmutableMultiDict[str, str]:
        """Return the cookies by name, as if repeated ones had not been sent."""
        sent = super().cookies
        repeated = {name for name, values in sent.lists() if len(values) > 1}
        if not repeated:
            return sent
        log().warning("repeated_cookies_ignored", count=len(repeated))
        single = [pair for pair in sent.items(multi=True) if pair[0] not in repeated]
        return ImmutableMultiDict(single)
