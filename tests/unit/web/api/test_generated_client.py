"""A Python client that is generated from the exported description works against the server."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.export_openapi import EXPORT
from tests.unit.web.api.conftest import SHOP, Api

_USE = """
import sys
from generated_client import AuthenticatedClient
from generated_client.api.messages import list_messages
from generated_client.api.onboardings import (
    cancel_onboarding, create_link, create_onboarding, get_onboarding, get_timeline,
    list_onboardings,
)
from generated_client.api.subjects import get_subject
from generated_client.models import CreateBody, EmptyBody, ProblemBody

client = AuthenticatedClient(base_url=sys.argv[1], token=sys.argv[2])
body = CreateBody.from_dict({"subject": "ada", "metadata": {"order": "1"}})
made = create_onboarding.sync(client=client, body=body, idempotency_key="k-1")
assert made.status == "created" and made.link and made.metadata["order"] == "1", made
again = create_onboarding.sync(client=client, body=body, idempotency_key="k-1")
assert again.id == made.id
assert get_onboarding.sync(made.id, client=client).id == made.id
assert create_link.sync(made.id, client=client, body=EmptyBody()).link
assert get_timeline.sync(made.id, client=client).data[0].event == "created"
assert get_subject.sync("ada", client=client).onboarding == made.id
assert cancel_onboarding.sync(made.id, client=client, body=EmptyBody()).status == "canceled"
refused = create_link.sync(made.id, client=client, body=EmptyBody())
assert isinstance(refused, ProblemBody) and refused.code == "onboarding_ended", refused
page = list_onboardings.sync(client=client, limit=1)
assert page.data == [] and page.next_cursor is None  # nothing has been numbered yet
assert list_messages.sync(client=client).data == []
print("done")
"""


@pytest.mark.timeout(300)
def test_generated_client_works(api: Api, url: str, tmp_path: Path) -> None:
    del api
    tool = [sys.executable, "-m", "openapi_python_client", "generate", "--overwrite"]
    folder = tmp_path / "generated_client"
    generated = _run(
        [*tool, "--path", str(EXPORT), "--output-path", str(folder), "--meta", "none"], tmp_path
    )
    assert "Warning" not in generated.stdout.replace("ruff is not in PATH", ""), generated.stdout
    script = tmp_path / "use.py"
    script.write_text(_USE)
    used = _run([sys.executable, str(script), url, SHOP], tmp_path)
    assert used.stdout == "done\n", used.stderr


def _run(command: list[str], folder: Path) -> subprocess.CompletedProcess[str]:
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"  # the generator formats with ruff
    return subprocess.run(
        command,
        cwd=folder,
        env={**os.environ, "PATH": path, "NO_PROXY": "*"},
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
