"""The hand-off: all that a host's back end needs to send its customer to be identified.

The shop and the identity server share one secret. The shop signs who its logged-in customer is,
sends the browser to the identity server with that token, and is done. A token is good for one use
within two minutes, for this one server.
"""

import time
import uuid
from dataclasses import dataclass
from urllib.parse import urlencode

from joserfc import jwt
from joserfc.jwk import OctKey

LIFETIME_SECONDS = 120  # the server accepts 300 at most


@dataclass(frozen=True)
class IdentityServer:
    """Where the identity server is, and who we are to it."""

    public_url: str
    site: str
    handoff_key: str

    def token(self, *, subject: str, name: str, locale: str, return_url: str, state: str) -> str:
        """Sign a hand-off for one customer.

        `subject` is our own lasting id of the customer, never an email address: those change hands.
        `state` comes back with the result, so that we know it belongs to what we asked.
        """
        now = int(time.time())
        claims: dict[str, object] = {
            "iss": self.site,
            "aud": self.public_url,
            "sub": subject,
            "iat": now,
            "exp": now + LIFETIME_SECONDS,
            "jti": uuid.uuid4().hex,
            "name": name,
            "locale": locale,
            "return_url": return_url,
            "state": state,
        }
        return jwt.encode({"alg": "HS256"}, claims, OctKey.import_key(self.handoff_key))

    def handoff_url(self, token: str | None = None) -> str:
        """The address to redirect to with a token, or to post one to."""
        query = f"?{urlencode({'token': token})}" if token else ""
        return f"{self.public_url}/handoff{query}"
