"""Check that processes wait for a decision at the gateway where a flow needs it."""

from __future__ import annotations

from collections.abc import Iterator

from webapp.cli.doctor.finding import Finding, good, warning
from webapp.domain.onboarding import DecideBy
from webapp.store.errors import StoreError
from webapp.wiring import Components


def findings(components: Components) -> Iterator[Finding]:
    """One line if a flow waits for `PENDING_VALIDATION` (contract 3.10)."""
    flows = [
        f"{site.id}/{name}"
        for site in components.settings.sites.values()
        for name, flow in site.flows.items()
        if DecideBy(flow.decide) is not DecideBy.REVIEW
    ]
    if not flows:
        return
    try:
        with components.database.reading() as work:
            is_seen = work.decisions.were_ever_awaited()
    except StoreError:
        return  # reported by the check of the database
    if is_seen:
        yield good("decisions: processes have waited in PENDING_VALIDATION")
    else:
        yield warning(
            f"decisions: {_name(flows)} for PENDING_VALIDATION, and no process has ever had this "
            "state: if users have finished already, ask the vendor to switch on automatic "
            "validation on the integrator's side (see `doctor --vendor-sheet`)"
        )


def _name(flows: list[str]) -> str:
    return f"the {'flow' if len(flows) == 1 else 'flows'} {', '.join(flows)} " + (
        "waits" if len(flows) == 1 else "wait"
    )
