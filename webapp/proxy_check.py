"""Let `doctor` learn how many proxies its request passes on the way to the server.

`doctor` signs a question with SECRET_KEY; the server answers signed questions only, so that clients
do not learn it. The request of `doctor` holds no X-Forwarded-For: each
entry that arrives was added by a proxy.
"""

from __future__ import annotations

from collections.abc import Sequence

from itsdangerous import BadData, TimestampSigner

QUESTION_HEADER = "Proxy-Check"
#: Its value is the number of entries in X-Forwarded-For.
ANSWER_HEADER = "Proxy-Check-Entries"
#: Clocks of this machine and of the server may differ by as much.
_MAX_AGE_SECONDS = 600
_CONTENT = "proxies"
_SALT = "mobbscan-embed proxy check"


def question(secret_key: str) -> str:
    """Return the value of the question's header."""
    return TimestampSigner(secret_key, salt=_SALT).sign(_CONTENT).decode()


def is_question(text: str, secret_keys: Sequence[str]) -> bool:
    """Whether `text` was signed with one of the keys within the last ten minutes."""
    for key in secret_keys:
        signer = TimestampSigner(key, salt=_SALT)
        try:
            signed = signer.unsign(text, max_age=_MAX_AGE_SECONDS)
        except (BadData, ValueError):
            continue
        return signed == _CONTENT.encode()
    return False
