"""Write the mail that asks the vendor to set up the account; it holds no secret."""

from __future__ import annotations

from collections.abc import Iterator

from webapp.config.settings import Settings
from webapp.config.sites import Flow

STATES = (
    "PENDING_VALIDATION",
    "PENDING_VERIFICATION",
    "VERIFIED",
    "NOT_VERIFIED",
    "VIDEO_AVAILABLE",
)


def text(found: Settings) -> str:
    """Return the mail as plain text."""
    parts = (
        ("1. Webhook", _webhook(found)),
        ("2. Decisions", _decisions(found)),
        ("3. Hosted page", _hosted_page(found)),
        ("4. Evidence", _evidence()),
        ("5. Access", _access(found)),
    )
    head = (
        f"Set-up of MobbScan API Gateway for {found.public_origin}\nGateway: {found.gateway_url}\n"
    )
    return head + "".join(f"\n{title}\n" + "".join(_items(lines)) for title, lines in parts)


def _items(lines: Iterator[str]) -> Iterator[str]:
    return (f"- {line}\n" for line in lines)


def _webhook(found: Settings) -> Iterator[str]:
    yield f"Please POST every notice to {found.public_url}/webhooks/mobbscan"
    names = sorted({name for each in found.webhook_headers for name in each})
    if names:
        yield (
            f"with these headers on each notice: {', '.join(names)}. We hand the values over by "
            "a safe way (on our side: MOBBSCAN_WEBHOOK_HEADERS)."
        )
    else:
        yield (
            "with an authorisation header of our choice (we still have to set "
            "MOBBSCAN_WEBHOOK_HEADERS)."
        )
    yield f"Subscribed states: {', '.join(STATES)}."
    yield "We answer 204. Please tell us whether and how often a failed notice is repeated."
    yield "Please tell us the addresses that notices come from, if they are fixed."


def _decisions(found: Settings) -> Iterator[str]:
    ours = [name for name, flow in _flows(found) if flow.decide != "review"]
    if ours:
        yield (
            "Please switch on automatic validation on the integrator's side: processes wait in "
            f"PENDING_VALIDATION until we decide (for: {', '.join(ours)})."
        )
    if len(ours) < len(_flows(found)):
        yield (
            "Processes that wait in PENDING_VALIDATION and are not decided by us are sent to your "
            "manual review (/mobbscan-agent/pending); please confirm that it is staffed."
        )
    yield f"Decisions carry the type {found.decision_type}; please confirm the word."


def _hosted_page(found: Settings) -> Iterator[str]:
    framing = any(flow.mode == "iframe" for _, flow in _flows(found))
    around = dict.fromkeys(
        (found.public_origin, *(o for site in found.sites.values() for o in site.origins))
    )
    if framing:
        yield (
            "Please allow these origins to show the page in a frame (frame-ancestors, no "
            f"X-Frame-Options): {' '.join(around)}"
        )
    yield f"It returns to addresses below {found.public_url}/return/ (redirectUrl of each process)."
    yield "Please tell us every origin that the hosted page uses, if it is not the gateway's own."
    yield "Please tell us how long its address stays valid, and what happens if it is opened twice."


def _evidence() -> Iterator[str]:
    yield "Please switch on the certified zip (certificatedZipUrl)."
    yield "Please confirm that the PDF and its checksum are available to our account."
    yield "Please tell us how long you keep images and recordings, and confirm deletion by DELETE."


def _access(found: Settings) -> Iterator[str]:
    yield "Life of an access token: 15 minutes suits us; please tell us if it differs."
    yield (
        f"Our account needs the rights to create ({found.create_path}), read, accept, reject, send "
        f"to review, and delete ({found.delete_method}) processes."
    )
    yield "Please tell us your limits of requests per minute, and a contact for incidents."


def _flows(found: Settings) -> list[tuple[str, Flow]]:
    return [
        (f"{site.id}/{name}", flow)
        for site in found.sites.values()
        for name, flow in site.flows.items()
    ]
