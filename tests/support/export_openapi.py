"""Write docs/openapi.json, the description of the API: python -m tests.support.export_openapi."""

import json
import tempfile
from pathlib import Path
from typing import Any

from tests.unit.web.conftest import settings, web
from webapp.web.api.openapi import document

ROOT = Path(__file__).parents[2]
EXPORT = ROOT / "docs" / "openapi.json"
#: What an exported document says in place of PUBLIC_URL.
EXAMPLE_URL = "https://id.example"


def exported_document() -> dict[str, Any]:
    """Return the document as a server at EXAMPLE_URL serves it."""
    with tempfile.TemporaryDirectory() as folder:
        app = web(ROOT, settings(Path(folder), {"PUBLIC_URL": EXAMPLE_URL}))
        return document(app, EXAMPLE_URL)


if __name__ == "__main__":
    EXPORT.write_text(json.dumps(exported_document(), indent=2) + "\n", encoding="utf-8")
