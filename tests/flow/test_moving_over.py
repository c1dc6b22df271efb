"""A company with processes at the gateway moves over as docs/migrate.md says."""

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.eventually import eventually
from tests.support.gateway import Company, HostedPage, Receiver, listening_receiver
from tests.support.stack import Stack
from tests.support.user_journey import log_in_by_handoff, start_onboarding, submit_consent
from webapp.domain.messages import EVIDENCE_AVAILABLE


@pytest.fixture(scope="module")
def older() -> Iterator[Receiver]:
    """The receiver of the company's old system."""
    with listening_receiver() as receiver:
        yield receiver


@pytest.fixture(scope="module")
def stack(
    tmp_path_factory: pytest.TempPathFactory, database_kind: str, older: Receiver
) -> Iterator[Stack]:
    forwarding = {"FORWARD_UNKNOWN_NOTICES_TO": older.url}
    folder = tmp_path_factory.mktemp("stack")
    with Stack(folder, database=database_kind, environment=forwarding) as running:
        yield running


@pytest.fixture
def old_system(stack: Stack) -> Iterator[Company]:
    """The company's back end, with the account of the server."""
    instance = stack.instance
    company = Company(stack.gateway_url, instance.secret("api_key"), instance.secret("api_secret"))
    yield company
    company.http.close()


def command(stack: Stack, *arguments: str, code: int = 0) -> str:
    done: subprocess.CompletedProcess[str] = stack.command(*arguments)
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout


def write_file(folder: Path, *lines: tuple[str, str]) -> str:
    """Write the old system's list of users and processes."""
    path = folder / "open.csv"
    rows = (f"shop,default,{subject},{scan_id}\n" for subject, scan_id in lines)
    path.write_text("site,flow,subject,scanId\n" + "".join(rows))
    return str(path)


def status(stack: Stack, onboarding_id: str) -> str:
    shown: str = json.loads(command(stack, "onboardings", "show", onboarding_id))["status"]
    return shown


def messages(stack: Stack, onboarding_id: str) -> list[tuple[str, str]]:
    """Return types and states of the messages about an onboarding's status, oldest first."""
    listed = json.loads(command(stack, "messages", "list", "--json"))
    found = [each for each in listed if each["onboarding_id"] == onboarding_id]
    found = [each for each in found if each["type"] != EVIDENCE_AVAILABLE]
    return [(each["type"], each["state"]) for each in reversed(found)]


def test_three_running_users_move_over_and_none_is_lost(
    stack: Stack, old_system: Company, older: Receiver, tmp_path: Path
) -> None:
    # Step 2: the shop's receiver is right.
    receiver = f"http://127.0.0.1:{stack.addresses.shop}/hooks/identity"
    assert "FAIL" not in command(stack, "host", "check", receiver, "--site", "shop")

    # Step 3: notices about the old system's processes are handed on.
    in_review, begun, verified = (old_system.create() for _ in range(3))
    HostedPage(stack.gateway_url, in_review).end("review")
    HostedPage(stack.gateway_url, verified).end("passes")
    eventually(lambda: {"PENDING_VERIFICATION", "VERIFIED"} <= {*older.states})
    sent = {name.lower(): text for name, text in stack.webhook_headers.items()}
    assert all(sent.items() <= headers.items() for headers in older.headers)

    # Step 4: a new user is no business of the old system.
    walk = start_onboarding(stack, stack.person())
    walk.finish("passes")
    walk.until("verified")
    eventually(lambda: "forwarding" not in command(stack, "notices", "list"))
    assert walk.id not in {each["verificationId"] for each in older.notices}

    # Step 6: the old system's users.
    users = {"ada-old": in_review, "ben-old": begun, "carl-old": verified}
    lines = [(subject, process["scanId"]) for subject, process in users.items()]
    file = write_file(tmp_path, *lines, ("dora-old", "5f0c2a9e-7b1d-4c36-9a52-0d8e6f3b1c77"))
    command(stack, "onboardings", "adopt", file, "--dry-run", code=1)
    printed = command(stack, "onboardings", "adopt", file, code=1)
    assert printed.splitlines()[-1] == "3 adopted, 1 refused"
    printed = command(stack, "onboardings", "adopt", write_file(tmp_path, *lines))
    assert printed.splitlines()[-1] == "3 already here"
    ids = [process["scanId"] for process in users.values()]
    assert [status(stack, id_) for id_ in ids] == ["in_review", "started", "verified"]

    # Both open ones end: one by the gateway's agent, one by its user on the old page.
    handed_on = len(older.notices)
    outcome = {"outcome": "passes"}
    stack.gateway_control.post(f"/processes/{ids[0]}/outcome", json=outcome).raise_for_status()
    HostedPage(stack.gateway_url, begun).end("passes")
    eventually(lambda: {status(stack, id_) for id_ in ids} == {"verified"}, seconds=60)
    expected = [("onboarding.in_review", "delivered"), ("onboarding.verified", "delivered")]
    eventually(lambda: messages(stack, ids[0]) == expected)
    assert len(older.notices) == handed_on
    logs = stack.logs("server")
    assert not any(subject in logs for subject in users)


def test_adopted_user_who_begins_anew_here_gets_a_new_process(
    stack: Stack, old_system: Company, tmp_path: Path
) -> None:
    person = stack.person()
    scan_id = old_system.create()["scanId"]
    command(stack, "onboardings", "adopt", write_file(tmp_path, (person.sub, scan_id)))
    browser, home = log_in_by_handoff(stack, person)
    consent = browser.submit(home, home.form("/onboardings"))
    walk = submit_consent(stack, browser, consent)
    assert walk.id != scan_id
    walk.finish("passes")
    walk.until("verified")
    assert status(stack, scan_id) == "canceled"
