"""Name the evidence that process data lists, and find the address of each file (contract 3.2)."""

from __future__ import annotations

from collections.abc import Iterable

from webapp.basics.text import clean_text
from webapp.domain.evidence import Evidence, EvidenceItem
from webapp.gateway.lenient import EvidenceLink
from webapp.gateway.models import ProcessData

_LONGEST_TYPE = 100
_PATH_CHARACTERS = frozenset("/\\")
_RELATIVE = frozenset({".", ".."})


def evidence_links(process: ProcessData) -> dict[EvidenceItem, str]:
    """Return the listed files with their addresses, in the gateway's order.

    A type is the word that the gateway states, or the last part of the address. One that cannot be
    part of an address of ours, or repeats an earlier one, is replaced: `image_2` is the second
    image.
    """
    links = dict(_named(Evidence.IMAGE, (*process.images, *process.extra_images)))
    links |= dict(_named(Evidence.RECORDING, process.recordings))
    if process.pdf_url:
        links[EvidenceItem(Evidence.PDF)] = process.pdf_url
    if process.certificated_zip_url:
        links[EvidenceItem(Evidence.ZIP)] = process.certificated_zip_url
    return links


def _named(kind: Evidence, links: Iterable[EvidenceLink]) -> Iterable[tuple[EvidenceItem, str]]:
    seen: set[str] = set()
    for number, link in enumerate(links, start=1):
        stated = clean_text(link.kind, _LONGEST_TYPE)
        usable = stated and not _PATH_CHARACTERS & set(stated) and stated not in _RELATIVE
        type_ = stated if stated and usable and stated not in seen else f"{kind}_{number}"
        seen.add(type_)
        yield EvidenceItem(kind, type_), link.url
