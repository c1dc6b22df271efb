"""Check a page that its own policy puts into a sandbox (`Content-Security-Policy: sandbox`).

The frame inside inherits every restriction (HTML Standard, 7.1.5).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from webapp.cli.doctor.embed.csp import Policy
from webapp.cli.doctor.embed.finding import Breaks, EmbedFinding, fails, warns

#: Permission of the sandbox → what does not work without it.
_REQUIRED = {
    "allow-scripts": (Breaks.SCRIPT, "no script runs"),
    "allow-same-origin": (
        Breaks.MESSAGES,
        "the page has no origin, so the frame refuses it and its messages",
    ),
    "allow-forms": (Breaks.FRAME, "no form can be sent, also inside the frame"),
}
_USEFUL = {
    "allow-popups": "the frame cannot offer to continue in a window of its own",
    "allow-popups-to-escape-sandbox": "a window that the frame opens is in the sandbox too",
    "allow-top-navigation-by-user-activation": "the frame cannot lead on to the full screen",
}


def findings(policies: Sequence[Policy]) -> Iterator[EmbedFinding]:
    """Yield one finding for each policy that sandboxes the page."""
    for policy in policies:
        given = policy.directives.get("sandbox")
        if given is not None:
            yield from _finding(policy, [each.lower() for each in given])


def _finding(policy: Policy, given: list[str]) -> Iterator[EmbedFinding]:
    missing = [name for name in _REQUIRED if name not in given]
    useful = [name for name in _USEFUL if not _has(name, given)]
    if not missing and not useful:
        return
    line = " ".join(("sandbox", *given, *missing, *useful))
    where = f"{policy.where}: sandbox"
    if missing:
        breaks = _REQUIRED[missing[0]][0]
        why = "; ".join(f"without {name} {_REQUIRED[name][1]}" for name in missing)
        yield fails(breaks, where, why, line)
    else:
        why = "; ".join(f"without {name} {_USEFUL[name]}" for name in useful)
        yield warns(Breaks.NOTHING, where, why, line)


def _has(name: str, given: list[str]) -> bool:
    # The stronger permission includes the other one.
    return name in given or (
        name == "allow-top-navigation-by-user-activation" and "allow-top-navigation" in given
    )
