"""Build the certified zip; its layout and signature are guesses, as the vendor documents neither.

`data.json`, `images/*.jpg`, `recordings/*.mp4`, `report.pdf`; `manifest.json` with the SHA-256 of
each of them; `manifest.json.sig`, an ECDSA signature (P-256, SHA-256, DER) of that file, by the key
of the self-signed certificate in `certificate.pem`.
"""

import hashlib
import io
import json
import zipfile
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import cached_property

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

_NAME = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Gateway in a box (worth nothing)")])
_FIXED_TIME = (2000, 1, 1, 0, 0, 0)


class ZipSigner:
    """A signing key, generated at first use, with a self-signed certificate."""

    @cached_property
    def _key(self) -> ec.EllipticCurvePrivateKey:
        return ec.generate_private_key(ec.SECP256R1())

    @cached_property
    def certificate(self) -> bytes:
        """Return the certificate as PEM."""
        now = datetime.now(UTC)
        certificate = (
            x509.CertificateBuilder()
            .subject_name(_NAME)
            .issuer_name(_NAME)
            .public_key(self._key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=1))
            .not_valid_after(now + timedelta(days=3650))
            .sign(self._key, hashes.SHA256())
        )
        return certificate.public_bytes(serialization.Encoding.PEM)

    def sign(self, content: bytes) -> bytes:
        """Return a detached signature."""
        return self._key.sign(content, ec.ECDSA(hashes.SHA256()))


def certified_zip(files: Mapping[str, bytes], seal: ZipSigner) -> bytes:
    """Pack the files with a manifest and its signature."""
    sums = {name: hashlib.sha256(content).hexdigest() for name, content in files.items()}
    manifest = json.dumps({"algorithm": "SHA-256", "files": sums}, indent=1).encode()
    signed = {
        **files,
        "manifest.json": manifest,
        "manifest.json.sig": seal.sign(manifest),
        "certificate.pem": seal.certificate,
    }
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in signed.items():
            archive.writestr(zipfile.ZipInfo(name, _FIXED_TIME), content)
    return target.getvalue()
