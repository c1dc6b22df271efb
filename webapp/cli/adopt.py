"""`onboardings adopt`: take over processes of another system from a file."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from enum import StrEnum
from itertools import islice
from pathlib import Path

import click

from webapp.cli.adopt_file import AdoptLine, read_adopt_file
from webapp.cli.common import echo_json, ready_components
from webapp.domain.errors import GatewayForbidden, GatewayUnavailable
from webapp.journey.adopt import Adopt, FoundProcess, NotAdopted

#: Calls to the gateway at the same time.
PARALLEL_READS = 4
#: Lines whose processes are read before they are stored, in the order of the file.
_BATCH = 4 * PARALLEL_READS
#: After so many failures in a row the gateway is considered unavailable.
MAX_FAILURES_IN_A_ROW = 3
_UNAVAILABLE = "the gateway gave no usable answer: run the file again"


class Outcome(StrEnum):
    """What became of a line."""

    ADOPTED = "adopted"
    WOULD_ADOPT = "would_adopt"  # --dry-run
    ALREADY_HERE = "already_here"
    REFUSED = "refused"
    NOT_TRIED = "not_tried"


@dataclass(frozen=True)
class LineResult:
    """What became of a line, and why; `id` and `status` of its onboarding, if there is one."""

    line: int
    outcome: Outcome
    id: str | None = None
    status: str | None = None
    problem: str | None = None


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--dry-run", is_flag=True, help="Check each line and read its process; store none.")
@click.option(
    "--no-messages",
    is_flag=True,
    help="Send the host site no message about the adoption; later changes are sent.",
)
@click.option("--json", "as_json", is_flag=True, help="Print a JSON object in place of lines.")
def adopt(file: Path, *, dry_run: bool, no_messages: bool, as_json: bool) -> None:
    """Take over processes that another system has created.

    FILE is CSV with the header site,flow,subject,scanId, or has a JSON object with these members on
    each line. Each process is read at the gateway first; its onboarding gets the status found
    there. A line that cannot be adopted is named with its number, and the others follow; then the
    exit code is 1. Running the file again adopts nothing twice.
    """
    lines = read_adopt_file(file)
    run = AdoptRun(ready_components().steps.adopt, writes=not dry_run, announces=not no_messages)
    results: list[LineResult] = []
    try:
        for result in run.results(lines):
            results.append(result)
            if not as_json:
                _print(result)
    finally:  # also when the operator interrupts it
        counts = Counter(str(each.outcome) for each in results)
        if as_json:
            echo_json({"counts": counts, "lines": [asdict(each) for each in results]})
        else:
            counted = (f"{count} {word.replace('_', ' ')}" for word, count in counts.items())
            click.echo(", ".join(counted) or "no lines")
    if counts[Outcome.REFUSED] or counts[Outcome.NOT_TRIED]:
        raise SystemExit(1)


class AdoptRun:
    """Adopts the lines of a file in order; reads a few processes ahead."""

    def __init__(self, step: Adopt, *, writes: bool, announces: bool) -> None:
        self._step = step
        self._writes = writes
        self._announces = announces
        self._failures_in_a_row = 0

    def results(self, lines: Iterator[AdoptLine]) -> Iterator[LineResult]:
        """Yield what became of each line; once the gateway is unavailable, the rest is untried."""
        with ThreadPoolExecutor(PARALLEL_READS) as pool:
            while batch := list(islice(lines, _BATCH)):
                if self._failures_in_a_row >= MAX_FAILURES_IN_A_ROW:
                    yield from map(_not_tried, batch)
                    continue
                for line, found in zip(batch, pool.map(self._look_up, batch), strict=True):
                    yield self._result(line, found)

    def _look_up(self, line: AdoptLine) -> FoundProcess | Exception:
        if line.request is None:
            return NotAdopted(line.problem)
        try:
            return self._step.look_up(line.request)
        except (NotAdopted, GatewayUnavailable, GatewayForbidden) as error:
            return error

    def _result(self, line: AdoptLine, found: FoundProcess | Exception) -> LineResult:
        if isinstance(found, GatewayForbidden):
            raise click.ClickException(f"line {line.number}: {found}") from found
        if isinstance(found, GatewayUnavailable):
            self._failures_in_a_row += 1
            return LineResult(line.number, Outcome.REFUSED, problem=_UNAVAILABLE)
        self._failures_in_a_row = 0
        try:
            return self._store(line.number, found)
        except NotAdopted as error:
            return LineResult(line.number, Outcome.REFUSED, problem=str(error))

    def _store(self, number: int, found: FoundProcess | Exception) -> LineResult:
        if isinstance(found, Exception):
            raise found
        if found.known is not None:
            known = found.known
            return LineResult(number, Outcome.ALREADY_HERE, known.id, str(known.status))
        row = found.onboarding
        if self._writes:
            row = self._step.store(found, announces=self._announces)
        outcome = Outcome.ADOPTED if self._writes else Outcome.WOULD_ADOPT
        return LineResult(number, outcome, row.id, str(row.status))


def _not_tried(line: AdoptLine) -> LineResult:
    return LineResult(line.number, Outcome.NOT_TRIED, problem=_UNAVAILABLE)


def _print(result: LineResult) -> None:
    if result.problem is None:
        click.echo(f"line {result.line}  {result.outcome:<12}  {result.status:<11}  {result.id}")
    else:
        click.echo(f"line {result.line}  {result.outcome:<12}  {result.problem}", err=True)
