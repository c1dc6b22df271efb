"""Decisions and data by the host site's API, against the gateway in a box and its faults."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from tests.support.decisions import COMMANDS, GATEWAY_STATES, STATUSES, fault, undecided
from tests.support.eventually import eventually
from tests.support.stack import API_KEY_NAME, Person, Stack
from tests.support.user_journey import (
    UserJourney,
    force_outcome,
    gateway_call_counts,
    gateway_process,
    gateway_switches,
)

#: Corrections, and the same in the gateway's document.
CORRECTED = {"name": "AUGUSTA", "date_of_birth": "1985-12-10", "post_code": "28001"}
SHOWN = {"name": "AUGUSTA", "dateOfBirth": "1985-12-10"}
KINDS = {"accept": "accept", "reject": "reject", "pending": "review"}
BODIES: dict[str, dict[str, Any]] = {
    "accept": {"personal_data": CORRECTED},
    "reject": {"comment": "Not the same person.", "reason": "face_mismatch"},
    "pending": {"personal_data": CORRECTED},
}


@pytest.fixture
def api(stack: Stack) -> Iterator[httpx.Client]:
    with stack.api() as client:
        yield client


def decide(
    api: httpx.Client, walk: UserJourney, call: str, body: object = None, key: str | None = None
) -> httpx.Response:
    headers = {"Idempotency-Key": key} if key else {}
    content = BODIES[call] if body is None else body
    return api.post(f"{walk.path}/{KINDS[call]}", json=content, headers=headers)


def decision(api: httpx.Client, walk: UserJourney) -> dict[str, Any]:
    found: dict[str, Any] = api.get(f"{walk.path}/decision").raise_for_status().json()
    return found


def settled(api: httpx.Client, walk: UserJourney) -> dict[str, Any]:
    """Wait until the decision has an outcome."""
    return eventually(
        lambda: found if (found := decision(api, walk))["state"] == "settled" else None, seconds=60
    )


@pytest.mark.both_databases
@pytest.mark.parametrize("call", COMMANDS)
def test_decision_is_answered_200_once_the_gateway_has_confirmed_it(
    stack: Stack, ada: Person, api: httpx.Client, call: str
) -> None:
    walk = undecided(stack, ada)
    version = api.get(walk.path).json()["version"]
    answer = decide(api, walk, call, {**BODIES[call], "version": version}, key=f"one-{walk.id}")
    assert (answer.status_code, answer.json()["status"]) == (200, STATUSES[call]), answer.text
    assert gateway_process(stack, walk.id)["state"] == GATEWAY_STATES[call]
    found = decision(api, walk)
    assert (found["outcome"], found["attempts"]) == ("confirmed", 1)
    if call != "reject":
        assert found["corrections"] == {
            "name": "confirmed",
            "date_of_birth": "confirmed",
            "post_code": "cannot_tell",
        }
        assert SHOWN.items() <= gateway_process(stack, walk.id)["document"].items()
    again = decide(api, walk, call, {**BODIES[call], "version": version}, key=f"one-{walk.id}")
    assert again.headers["Idempotent-Replayed"] == "true"
    assert again.json() == answer.json()


def test_reject_sends_the_reason_with_the_comment_and_the_user_reads_the_reason(
    stack: Stack, ada: Person, api: httpx.Client
) -> None:
    walk = undecided(stack, ada)
    body = {"comment": "Valid until 2019: see page 2.", "reason": "document_expired"}
    answer = decide(api, walk, "reject", body)
    assert answer.json()["reasons"] == [{"code": "document_expired", "retry_allowed": True}]
    stored = gateway_process(stack, walk.id)["rejection_reason"]
    assert stored == "document_expired: Valid until 2019: see page 2."
    assert "2019" not in walk.look().text


@pytest.mark.parametrize("call", COMMANDS)
def test_decision_with_a_lost_answer_is_sent_once_and_confirmed(
    stack: Stack, ada: Person, api: httpx.Client, call: str
) -> None:
    walk = undecided(stack, ada)
    before = gateway_call_counts(stack)
    with fault(walk, call, "drop", when="before_headers"):
        assert decide(api, walk, call).status_code in (200, 202)
    assert settled(api, walk)["outcome"] == "confirmed"
    counters = {"accept": "accepts", "reject": "rejects", "pending": "pendings"}
    after = gateway_call_counts(stack)
    assert after[counters[call]] == before[counters[call]] + 1
    assert walk.status["status"] == STATUSES[call]


def test_accept_after_the_vendors_reviewers_is_overtaken(
    stack: Stack, ada: Person, api: httpx.Client
) -> None:
    walk = undecided(stack, ada)
    with gateway_switches(stack, notices="never"):
        force_outcome(stack, walk.id, "passes")
        answer = decide(api, walk, "accept")
    problem = answer.json()
    assert (answer.status_code, problem["code"]) == (409, "decision_impossible")
    assert problem["onboarding_status"] == "verified"
    found = settled(api, walk)
    assert (found["outcome"], found["attempts"]) == ("overtaken", 0)


def test_accept_answered_409_by_the_gateway_waits_for_the_verdict(
    stack: Stack, ada: Person, api: httpx.Client
) -> None:
    walk = undecided(stack, ada)
    with fault(walk, "accept", "status", status=409), ThreadPoolExecutor() as pool:
        call = pool.submit(decide, api, walk, "accept", {})
        timeline = f"{walk.path}/timeline"
        eventually(lambda: "decision_not_taken" in api.get(timeline).text)
        force_outcome(stack, walk.id, "passes")
        answer = call.result()
    assert (answer.status_code, answer.json()["status"]) == (200, "verified")
    found = decision(api, walk)
    assert (found["outcome"], found["attempts"]) == ("overtaken", 1)


def test_decision_that_the_gateway_takes_slowly_is_answered_202_and_made_once(
    stack: Stack, ada: Person, api: httpx.Client
) -> None:
    walk = undecided(stack, ada)
    before = gateway_call_counts(stack)["accepts"]
    with fault(walk, "accept", "slow", delay_ms=15_000, times=None):
        answer = decide(api, walk, "accept")
        assert (answer.status_code, answer.json()["state"]) == (202, "open")
    assert settled(api, walk)["outcome"] == "confirmed"
    assert gateway_call_counts(stack)["accepts"] == before + 1


def test_forbidden_decision_is_answered_502_and_kept(
    stack: Stack, ada: Person, api: httpx.Client
) -> None:
    walk = undecided(stack, ada)
    with fault(walk, "accept", "status", status=403, times=None):
        answer = decide(api, walk, "accept", key=f"two-{walk.id}")
        assert (answer.status_code, answer.json()["code"]) == (502, "gateway_forbidden")
        assert decision(api, walk)["state"] == "parked"
    again = decide(api, walk, "accept", key=f"two-{walk.id}")
    assert (again.status_code, again.json()["status"]) == (200, "verified")


def test_refused_decision_is_answered_422_and_not_repeated(
    stack: Stack, ada: Person, api: httpx.Client
) -> None:
    walk = undecided(stack, ada)
    with fault(walk, "accept", "status", status=400):
        answer = decide(api, walk, "accept")
    problem = answer.json()
    assert (answer.status_code, problem["code"]) == (422, "gateway_refused")
    assert problem["gateway_http_status"] == 400
    found = decision(api, walk)
    assert (found["state"], found["outcome"], found["attempts"]) == ("settled", "refused", 1)
    assert set(found["corrections"].values()) == {None}
    assert decide(api, walk, "accept").status_code == 200


def test_decision_that_fails_is_answered_202_joined_withdrawn_and_carried_out(
    stack: Stack, ada: Person, api: httpx.Client
) -> None:
    walk = undecided(stack, ada)
    failing = {"kind": "status", "status": 500, "times": None}
    with fault(walk, "pending", **failing), fault(walk, "accept", **failing):
        with ThreadPoolExecutor() as pool:  # each call waits for ten seconds
            calls = [pool.submit(decide, api, walk, "pending") for _ in range(2)]
            reviews = [each.result() for each in calls]
        assert [each.status_code for each in reviews] == [202, 202]
        found = decision(api, walk)
        assert (found["kind"], found["state"], found["outcome"]) == ("review", "open", None)
        assert {each.json()["requested_at"] for each in reviews} == {found["requested_at"]}
        other = decide(api, walk, "pending", {})
        assert (other.status_code, other.json()["code"]) == (409, "decision_in_progress")
        assert decide(api, walk, "accept").json()["kind"] == "accept"
        refused = decide(api, walk, "reject")
        assert (refused.status_code, refused.json()["decision"]) == (409, "accept")
    assert settled(api, walk)["outcome"] == "confirmed"
    assert walk.status["status"] == "verified"
    timeline = api.get(f"{walk.path}/timeline").json()["data"]
    outcomes = [each["detail"] for each in timeline if each["event"] == "decision_settled"]
    assert outcomes == [
        {"kind": "review", "outcome": "withdrawn"},
        {"kind": "accept", "outcome": "confirmed"},
    ]


def test_decision_on_an_older_version_is_refused(
    stack: Stack, ada: Person, api: httpx.Client
) -> None:
    walk = undecided(stack, ada)
    version = api.get(walk.path).json()["version"]
    for stale in (version - 1, version + 1):
        answer = decide(api, walk, "accept", {"version": stale})
        assert (answer.status_code, answer.json()["code"]) == (409, "case_changed")
    assert api.get(f"{walk.path}/decision").status_code == 404


def test_deciding_is_announced_to_the_host(stack: Stack, ada: Person, api: httpx.Client) -> None:
    walk = undecided(stack, ada)

    def types() -> list[str]:
        rows, query = [], {"limit": "100"}
        while (page := api.get("/messages", params=query).json())["next_cursor"]:
            rows += [each["type"] for each in page["data"] if each["data"]["id"] == walk.id]
            query["after"] = page["next_cursor"]
        return rows

    assert "onboarding.deciding" in eventually(
        lambda: found if "onboarding.deciding" in (found := types()) else None
    )


@pytest.mark.both_databases
def test_data_is_read_live_and_noted_with_its_key(
    stack: Stack, ada: Person, api: httpx.Client
) -> None:
    walk = undecided(stack, ada)
    answer = api.get(f"{walk.path}/data")
    data = answer.json()
    assert answer.headers["Cache-Control"] == "no-store"
    assert sorted(data) == [
        "decided_by",
        "document",
        "extra_parameters",
        "raw",
        "scores",
        "validations",
    ]
    shown = gateway_process(stack, walk.id)["document"]
    assert data["document"]["name"] == shown["name"]
    assert data["raw"]["document"] == shown
    assert data["scores"]["face_matching"] == shown["facialMatchingScore"]
    assert decide(api, walk, "accept").status_code == 200
    with_data = api.get(walk.path, params={"include": "data"}).json()
    assert with_data["data"]["document"]["name"] == CORRECTED["name"]
    assert with_data["data"]["document"]["date_of_birth"] == CORRECTED["date_of_birth"]
    assert with_data["data"]["decided_by"]
    timeline = api.get(f"{walk.path}/timeline").json()["data"]
    reads = [(each["actor"], each["detail"]) for each in timeline if each["event"] == "data_read"]
    assert reads == [("host", {"key": API_KEY_NAME})] * 2


@pytest.mark.parametrize(
    ("kind", "options", "status", "code"),
    [
        ("slow", {"delay_ms": 20_000}, 503, "gateway_unavailable"),
        ("status", {"status": 403}, 502, "gateway_forbidden"),
    ],
)
def test_data_of_a_faulty_gateway_is_a_problem(
    stack: Stack,
    ada: Person,
    api: httpx.Client,
    kind: str,
    options: dict[str, Any],
    status: int,
    code: str,
) -> None:
    walk = undecided(stack, ada)
    with fault(walk, "data", kind, **{"times": None, **options}):
        answer = api.get(f"{walk.path}/data")
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert ("Retry-After" in answer.headers) is (status == 503)
    assert "data_read" not in api.get(f"{walk.path}/timeline").text
