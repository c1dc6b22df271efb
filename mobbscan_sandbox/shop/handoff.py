"""Sign hand-off tokens: the code that a host site needs to send a customer to the server.

The shop and the server share one secret. The shop signs the id of its logged-in customer and
redirects the browser to the server with that token. A token is valid for one use, for two minutes
and for this server only.
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
    """The server's address, the shop's site id there, and the shared secret."""

    public_url: str
    site: str
    handoff_key: str

    def token(self, *, subject: str, name: str, locale: str, return_url: str, state: str) -> str:
        """Return a signed hand-off token for one customer.

        `subject` is the shop's permanent customer id, never an email address: those change owner.
        `state` comes back with the result, so that the shop can match it to its request.
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
        """Return the address to redirect to with `token`, or to post a token to."""
        query = f"?{urlencode({'token': token})}" if token else ""
        return f"{self.public_url}/handoff{query}"
