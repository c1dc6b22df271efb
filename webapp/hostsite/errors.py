"""The error for a refused hand-off token, with a code and a fix for each reason."""

from __future__ import annotations


class HandoffRefused(Exception):
    """A hand-off token that is not accepted.

    `code` is for programs and logs (`expired`, `wrong_audience`, …), `fix` is one sentence for
    the developer of the host site. Neither contains anything of the token.
    """

    def __init__(self, code: str) -> None:
        super().__init__(f"hand-off refused: {code}")
        self.code = code
        self.fix = FIXES[code]

    def __reduce__(self) -> tuple[type[HandoffRefused], tuple[str]]:
        """Pickle the code, from which message and fix are rebuilt."""
        return type(self), (self.code,)


FIXES = {
    "malformed": "Send one compact JWT (header.payload.signature) made by a JWT library.",
    "too_large": "Shorten name or state: a token has at most 3,400 characters in total.",
    "wrong_algorithm": "Sign with HS256, ES256 or EdDSA (Ed25519), and send no `crit` header.",
    "no_key": "Sign with a key of this site's handoff_keys that fits the token's alg and kid.",
    "bad_signature": "Sign with the private half, or the shared secret, in handoff_keys.",
    "wrong_issuer": "Set iss to the id of the site as it stands in sites.toml.",
    "wrong_audience": "Set aud to PUBLIC_URL of this server.",
    "no_subject": "Set sub to your stable id of the user, a text of 1 to 255 characters.",
    "no_jti": "Set jti to a new unique text of 1 to 255 characters for every token.",
    "no_times": "Set iat and exp to whole seconds since 1970.",
    "too_long_lived": "Set exp at most 300 seconds after iat, and after iat.",
    "expired": "Make a new token for every hand-off, and check the clock of your server.",
    "not_yet_valid": "Check the clock of your server: the token starts in the future.",
    "return_url_unusable": "Set return_url to a full https address of at most 2,048 characters, "
    "without user name, backslashes, control characters, or dots and slashes that are encoded.",
    "return_url_not_allowed": "Add the address, or one above it, to the site's return_urls.",
}
