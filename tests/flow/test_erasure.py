"""Erasures against the gateway in a box: by API and by command, with pages, messages and jobs."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.support.erasures import KEYS, delete, erasure_of, until_settled
from tests.support.eventually import eventually
from tests.support.message_receiver import SECRET, MessageReceiver
from tests.support.stack import Stack
from tests.support.stack_fixtures import NewStack
from tests.support.user_journey import gateway_call_counts, start_onboarding


def verified(stack: Stack, name: str = "Ada Lovelace", language: str = "en"):
    walk = start_onboarding(stack, stack.person(name, language))
    walk.finish("passes")
    walk.until("verified")
    return walk


@pytest.mark.both_databases
def test_erasure_by_api_is_confirmed_within_seconds(new_stack: NewStack, database_kind: str):
    with MessageReceiver() as receiver:
        site = {
            "api_keys": KEYS,
            "webhook_url": receiver.url,
            "webhook_secrets": [SECRET],
            "allow_private_webhook": True,
        }
        stack = new_stack(site=site, leave_out=("shop",))
        verified(stack, "Ben Ortega")
        walk = verified(stack)
        answer = delete(stack, f"/onboardings/{walk.id}")
        assert answer.status_code == 202

        erasure = until_settled(stack, answer.json()["id"], seconds=20)

        assert (erasure["status"], erasure["problem"]) == ("confirmed", None)
        gateway = erasure["gateway"]
        assert [gateway[name]["http_status"] for name in ("read_before", "delete")] == [200, 200]
        assert [gateway[name]["http_status"] for name in ("read_after", "other_process")] == [
            401,
            200,
        ]
        assert gateway_call_counts(stack)["deletes"] == 1
        assert stack.gateway_control.get(f"/processes/{walk.id}").status_code == 404
        last = eventually(
            lambda: next(
                (
                    each
                    for each in (one.json for one in receiver.received)
                    if each["type"] == "onboarding.erased"
                ),
                None,
            ),
            seconds=20,
        )
        assert (last["data"]["id"], last["data"]["subject"]) == (walk.id, None)
        assert walk.look().heading == "This check has been deleted"
        elsewhere = stack.http_session(languages="es").get(walk.url)
        assert elsewhere.heading == "Esta verificación se ha borrado"
        if database_kind == "sqlite":
            jobs = Path(stack.settings["INSTANCE_DIR"]) / "jobs.sqlite3"
            eventually(lambda: not jobs_about(jobs, walk.id), seconds=20)


def jobs_about(database: Path, onboarding_id: str) -> list[object]:
    with closing(sqlite3.connect(database)) as connection:
        query = "SELECT workflow_uuid FROM workflow_status WHERE workflow_uuid LIKE ?"
        return connection.execute(query, (f"%{onboarding_id}%",)).fetchall()


def test_erasure_refused_by_method_is_blocked_until_the_setting_is_right(new_stack: NewStack):
    stack = new_stack(
        site={"api_keys": KEYS},
        environment={"MOBBSCAN_DELETE_METHOD": "GET", "RECONCILE_AFTER": "1s"},
        leave_out=("shop",),
    )
    stack.gateway_control.patch("/switches", json={"delete_by_get": False}).raise_for_status()
    verified(stack, "Ben Ortega")
    walk = verified(stack)
    made = delete(stack, f"/onboardings/{walk.id}").json()
    blocked = eventually(
        lambda: found if (found := erasure_of(stack, made["id"]))["status"] == "blocked" else None,
        seconds=20,
    )
    assert blocked["problem"] == "method_refused"
    assert "MOBBSCAN_DELETE_METHOD" in blocked["fix"]
    assert walk.status["status"] == "verified"

    stack.gateway_control.patch("/switches", json={"delete_by_get": True}).raise_for_status()

    assert until_settled(stack, made["id"], seconds=60)["status"] == "confirmed"


def test_erasure_by_command_asks_first_and_prints_the_outcome(stack: Stack):
    verified(stack, "Ben Ortega")
    walk = verified(stack, "Ada Lovelace")

    refused = stack.command("onboardings", "erase", walk.id, typed="n\n")
    assert refused.returncode != 0
    assert walk.status["status"] == "verified"

    done = stack.command("onboardings", "erase", walk.id, "--yes")
    assert done.returncode == 0, done.stderr
    assert "confirmed" in done.stdout
    listed = stack.command("erasures", "list", "--state", "confirmed")
    assert walk.id in listed.stdout
    erasure_id = done.stdout.split()[4]
    assert '"outcome"' not in stack.command("erasures", "show", erasure_id).stdout
    assert walk.id in stack.command("erasures", "show", erasure_id).stdout
    again = stack.command("onboardings", "erase", walk.id, "--yes")
    assert (again.returncode, again.stdout) == (0, done.stdout)
