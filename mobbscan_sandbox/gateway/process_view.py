"""Process data and evidence of one process, as the vendor's API returns them."""

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
    """A process with the gateway's base address and switches, which shape the answers."""

    process: VerificationProcess
    base: str
    switches: Switches

    @property
    def images(self) -> tuple[str, ...]:
        """The image types; none before the capture is done."""
        if not self.process.captured:
            return ()
        sides = ("document_front", "document_back")
        return (*sides[: 1 if self.process.kind == "Passport" else 2], "face_document", "face_now")

    @property
    def extra_images(self) -> tuple[str, ...]:
        """Additional image types, if switched on."""
        return (_EXTRA,) if self.images and self.switches.extra_images else ()

    @property
    def recordings(self) -> tuple[str, ...]:
        """The recording types; none before the video is available."""
        return (RECORDING,) if self.process.captured and self.process.video_at else ()

    @property
    def has_report(self) -> bool:
        """Whether the PDF exists: in any state, or after the verdict only, by switch."""
        return self.process.state.final or not self.switches.pdf_after_verdict

    @property
    def lists_report(self) -> bool:
        """Whether process data names the PDF: like all evidence, once the capture is done."""
        return self.has_report and bool(self.process.captured)

    @property
    def has_zip(self) -> bool:
        """Whether the certified zip exists: when verified, if the tenant has the feature."""
        return self.switches.zip_enabled and self.process.state is ProcessState.VERIFIED

    def image(self, image_type: str) -> bytes:
        """Return an image as JPEG."""
        return specimen_images.draw_image(image_type, self.process.kind, self.process.captured)

    def recording(self) -> bytes:
        """Return the recording as MP4."""
        return specimen_video.read_recording(self.process.id)

    def report(self) -> bytes:
        """Return the PDF."""
        text = json.dumps(self._facts())
        return _report(text, self.image("face_document"), self.process.decided_at)

    def archive(self, seal: ZipSigner) -> bytes:
        """Return the certified zip."""
        files = {f"images/{name}.jpg": self.image(name) for name in self.images}
        files |= {f"recordings/{name}.mp4": self.recording() for name in self.recordings}
        files["data.json"] = json.dumps(self._facts(), indent=1, ensure_ascii=False).encode()
        files["report.pdf"] = self.report()
        return certified_zip(files, seal)

    def process_data(self) -> dict[str, Any]:
        """Return the answer of `getVerificationProcessData` (contract 3.2)."""
        id_, agent = self.process.id, f"{self.base}/mobbscan-agent"
        images = [(name, f"{agent}/{id_}/image/{name}") for name in self.images]
        extra = [(name, f"{agent}/{id_}/image/{name}") for name in self.extra_images]
        recordings = [(name, f"{agent}/{id_}/recording/{name}") for name in self.recordings]
        return {
            **self._facts(),
            "images": [self._entry(*each) for each in images],
            "recordings": [self._entry(*each) for each in recordings],
            "extraImages": [self._entry(*each) for each in extra],
            "pdfUrl": f"{agent}/api/pdf/{id_}" if self.lists_report else None,
            "pdfChecksum": pdf_report.checksum(self.report()) if self.lists_report else None,
            "certificatedZipUrl": f"{self.base}/api/zip/{id_}" if self.has_zip else None,
        }

    def result(self) -> str | None:
        """Return the vendor's word for the state, in the selected vocabulary (register R)."""
        return vendor_word(self.process.state, legacy=self.switches.legacy_states)

    def _entry(self, name: str, url: str) -> str | dict[str, str]:
        return {"type": name, "url": url} if self.switches.evidence_entries == "object" else url

    def _facts(self) -> dict[str, Any]:
        process = self.process
        extra = process.request.extra_data
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


def vendor_word(state: ProcessState, *, legacy: bool) -> str | None:
    """Return the vendor's word for a state, or `None`."""
    if not state.announced:
        return None
    return "PENDING" if legacy and state.waiting else state.value


@lru_cache(maxsize=256)
def _report(facts: str, portrait: bytes, moment: datetime | None) -> bytes:
    return pdf_report.write_report(json.loads(facts), portrait, moment)
