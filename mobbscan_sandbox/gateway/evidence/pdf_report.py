"""Write the PDF report of one process."""

import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

_NO_DATE = datetime(2000, 1, 1, tzinfo=UTC)


def write_report(facts: Mapping[str, Any], portrait: bytes, moment: datetime | None) -> bytes:
    """Return the PDF; the same facts give the same bytes, so the checksum is stable."""
    # Imported here: it takes a third of a second, and few runs need a report.
    from fpdf import FPDF

    pdf = FPDF()
    pdf.set_creation_date(moment or _NO_DATE)
    pdf.set_title("Identity check (specimen)")
    pdf.add_page()
    pdf.set_font("Helvetica", "B", 20)
    pdf.cell(0, 12, "Identity check", new_x="LMARGIN", new_y="NEXT")
    pdf.set_font("Helvetica", "", 11)
    pdf.set_text_color(168, 38, 47)
    pdf.cell(0, 8, "SPECIMEN. No person was verified.", new_x="LMARGIN", new_y="NEXT")
    pdf.set_text_color(28, 24, 48)
    pdf.image(portrait, x=150, y=36, w=40)
    pdf.ln(4)
    for label, value in _lines(facts):
        pdf.set_font("Helvetica", "B", 10)
        pdf.cell(48, 7, _latin(label))
        pdf.set_font("Helvetica", "", 10)
        pdf.cell(80, 7, _latin(value)[:70], new_x="LMARGIN", new_y="NEXT")
    return bytes(pdf.output())


def checksum(content: bytes) -> str:
    """Return the SHA-256 in hexadecimal; the vendor does not document the algorithm."""
    return hashlib.sha256(content).hexdigest()


def _lines(facts: Mapping[str, Any]) -> list[tuple[str, str]]:
    own = ("scanId", "verificationResult", "agent", "rejectionReason", "creationTime",
           "verificationTime")  # fmt: skip
    lines = [(name, facts[name]) for name in own]
    lines += facts["document"].items()
    lines += facts["validations"].items()
    return [(name, value) for name, value in lines if isinstance(value, str) and value]


def _latin(text: str) -> str:
    return text.encode("latin-1", "replace").decode("latin-1")
