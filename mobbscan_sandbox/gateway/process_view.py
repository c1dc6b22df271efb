"""What one process holds: which evidence there is, where, and the bytes of it."""

import json
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from mobbscan_sandbox.gateway.clock import format_time
from mobbscan_sandbox.gateway.evidence import pdf_report, specimen_images, specimen_video
from mobbscan_sandbox.gateway.evidence.certified_zip import ZipSigner, certified_zip
from mobbscan_sandbox.gateway.process_states import ProcessState
from mobbscan_sandbox.gateway.specimen_data import specimen_validations
from mobbscan_sandbox.gateway.switches import Switches
from mobbscan_sandbox.gateway.verification_process import VerificationProcess

RECORDING = "video_liveness"
_EXTRA = "signature"


@dataclass(frozen=True)
class ProcessView:
    """A process as it is shown through this gateway, at this address, with these switches."""

    process: VerificationProcess
    base: str
    switches: Switches

    @property
    def images(self) -> tuple[str, ...]:
        """The types of its pictures; none before the capture is done."""
        if not self.process.captured:
            return ()
        sides = ("document_front", "document_back")
        return (*sides[: 1 if self.process.kind == "Passport" else 2], "face_document", "face_now")

    @property
    def extra_images(self) -> tuple[str, ...]:
        """Additional pictures, where that is switched on."""
        return (_EXTRA,) if self.images and self.switches.extra_images else ()

    @property
    def recordings(self) -> tuple[str, ...]:
        """The types of its recordings; none before the video is available."""
        return (RECORDING,) if self.process.captured and self.process.video_at else ()

    @property
    def has_report(self) -> bool:
        """Whether there is a PDF: once it is decided."""
        return self.process.state.final

    @property
    def has_zip(self) -> bool:
        """Whether there is a certified zip: for a customer who has the feature, when verified."""
        return self.switches.zip_enabled and self.process.state is ProcessState.VERIFIED

    def picture(self, image_type: str) -> bytes:
        """Return a picture as JPEG."""
        return specimen_images.picture(image_type, self.process.kind, self.process.captured)

    def recording(self) -> bytes:
        """Return the recording as MP4."""
        return specimen_video.recording(self.process.id)

    def report(self) -> bytes:
        """Return the PDF."""
        text = json.dumps(self._facts())
        return _report(text, self.picture("face_document"), self.process.decided_at)

    def archive(self, seal: ZipSigner) -> bytes:
        """Return the certified zip."""
        files = {f"images/{name}.jpg": self.picture(name) for name in self.images}
        files |= {f"recordings/{name}.mp4": self.recording() for name in self.recordings}
        files["data.json"] = json.dumps(self._facts(), indent=1, ensure_ascii=False).encode()
        files["report.pdf"] = self.report()
        return certified_zip(files, seal)

    def process_data(self) -> dict[str, Any]:
        """Return what `getVerificationProcessData` answers (contract 3.2)."""
        id_, agent = self.process.id, f"{self.base}/mobbscan-agent"
        images = [(name, f"{agent}/{id_}/image/{name}") for name in self.images]
        extra = [(name, f"{agent}/{id_}/image/{name}") for name in self.extra_images]
        films = [(name, f"{agent}/{id_}/recording/{name}") for name in self.recordings]
        return {
            **self._facts(),
            "images": [self._entry(*each) for each in images],
            "recordings": [self._entry(*each) for each in films],
            "extraImages": [self._entry(*each) for each in extra],
            "pdfUrl": f"{agent}/api/pdf/{id_}" if self.has_report else None,
            "pdfChecksum": pdf_report.checksum(self.report()) if self.has_report else None,
            "certificatedZipUrl": f"{self.base}/api/zip/{id_}" if self.has_zip else None,
        }

    def result(self) -> str | None:
        """Return the word for the state, in the vocabulary that is switched on (register R)."""
        return word(self.process.state, legacy=self.switches.legacy_states)

    def _entry(self, name: str, url: str) -> str | dict[str, str]:
        return {"type": name, "url": url} if self.switches.evidence_entries == "object" else url

    def _facts(self) -> dict[str, Any]:
        process = self.process
        extra = process.wanted.extra_data
        return {
            "scanId": process.id,
            "verificationResult": self.result(),
            "licenseId": "LIC-SANDBOX",
            "agent": process.agent,
            "document": process.document,
            "images": [],
            "recordings": [],
            "extraParameters": [{"name": name, "value": value} for name, value in extra.items()],
            "extraImages": [],
            "validations": specimen_validations(process.state),
            "pdfUrl": None,
            "pdfChecksum": None,
            "rejectionReason": process.rejection_reason,
            "comment": process.comment,
            "creationTime": format_time(process.created_at),
            "verificationTime": format_time(process.decided_at),
            "clientInfo": None,
            "certificatedZipUrl": None,
        }


def word(state: ProcessState, *, legacy: bool) -> str | None:
    """Return the vendor's word for a state; some states of ours have none."""
    if not state.announced:
        return None
    return "PENDING" if legacy and state.waiting else state.value


@lru_cache(maxsize=256)
def _report(facts: str, portrait: bytes, moment: datetime | None) -> bytes:
    return pdf_report.report(json.loads(facts), portrait, moment)
