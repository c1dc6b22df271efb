"""Commands, sample answers and errors of docs/host-guide.md, against a running server."""

import base64
import json
import re
import subprocess
import uuid
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.support.eventually import eventually
from tests.support.guide_stack import GuideStack, guide, guide_stack
from tests.support.guide_websites import PYTHON, environment, run_program
from tests.support.host_guide import HostGuide, assert_same_shape
from tests.support.stack import Person
from tests.support.user_journey import UserJourney, start_onboarding
from webapp.domain.onboarding import Status
from webapp.domain.reasons import ReasonCode
from webapp.web.problem_types import PROBLEM_TYPES

__all__ = ["guide", "guide_stack"]

JSON = {"Content-Type": "application/json"}
#: Errors that a test can cause: method, path, and what is sent besides the key.
CAUSED = {
    "malformed_json": ("POST", "/onboardings", {"content": "{", "headers": JSON}),
    "api_key_missing": ("GET", "/onboardings", {"headers": {"Authorization": ""}}),
    "api_key_unknown": ("GET", "/onboardings", {"headers": {"Authorization": "Bearer other"}}),
    "not_found": ("GET", "/onboardings/5f0c2a9e-7b1d-4c36-9a52-0d8e6f3b1c77", {}),
    "method_not_allowed": ("PUT", "/onboardings", {}),
    "unsupported_media_type": ("POST", "/onboardings", {"content": "a=b"}),
    "invalid_input": ("POST", "/onboardings", {"json": {"subject": "ada", "country": "Spain"}}),
    "body_too_large": ("POST", "/onboardings", {"json": {"subject": "x" * 70_000}}),
}


@pytest.fixture(scope="module")
def settings(guide_stack: GuideStack) -> dict[str, str]:
    return guide_stack.settings("python")


@pytest.fixture(scope="module")
def api(settings: dict[str, str]) -> Iterator[httpx.Client]:
    headers = {"Authorization": f"Bearer {settings['IDENTITY_API_KEY']}"}
    base_url = f"{settings['IDENTITY_URL']}/api/v1"
    with httpx.Client(base_url=base_url, headers=headers, trust_env=False, timeout=30) as client:
        yield client


@pytest.mark.needs("curl")
def test_each_command_of_the_page_gets_the_sample_answer(
    guide: HostGuide,
    guide_stack: GuideStack,
    api: httpx.Client,
    settings: dict[str, str],
    tmp_path,
) -> None:
    (tmp_path / ".curlrc").write_text('write-out = "\\n%{http_code}"\n')
    variables = {**environment(settings), "CURL_HOME": str(tmp_path)}
    calls = guide.calls()
    assert len(calls) >= 8
    for command, status, sample in calls:
        if "$WAITING" in command and not _suits(api, variables.get("WAITING"), command):
            variables["WAITING"] = _waiting(guide_stack, settings)
        if "$VERIFIED" in command and "VERIFIED" not in variables:
            variables["VERIFIED"] = verified_onboarding(guide_stack, settings)
        done = subprocess.run(
            ["bash", "-euc", command],
            env=variables,
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=60,
            check=True,
        )
        body, _, answered = done.stdout.rpartition("\n")
        assert int(answered) == status, f"{command}{body}"
        answer = json.loads(body)
        assert_same_shape(sample, answer, command)
        if "receipt" in answer:
            variables["ERASURE"] = answer["id"]
        if "ONBOARDING" not in variables:
            variables["ONBOARDING"] = answer["id"]
            # Rows are listed once they are numbered, soon after the commit.
            eventually(lambda: api.get("/onboardings?subject=user-5820").json()["data"])
            eventually(lambda: api.get("/messages").json()["data"])


def _suits(api: httpx.Client, onboarding_id: str | None, command: str) -> bool:
    """Whether the command suits the onboarding: only one that waits can be decided."""
    if onboarding_id is None:
        return False
    is_read = "/decision" in command or "/data" in command
    return is_read or api.get(f"/onboardings/{onboarding_id}").json()["status"] == "deciding"


def _waiting(guide_stack: GuideStack, settings: dict[str, str]) -> str:
    """Return the id of an onboarding that waits for the website's decision."""
    person = Person(uuid.uuid4().hex, "Ada Lovelace", "en")
    site, key = settings["IDENTITY_SITE"], settings["IDENTITY_HANDOFF_KEY"]
    back = f"{settings['WEBSITE_URL']}/verified"
    walk = start_onboarding(
        guide_stack.stack, person, iss=site, key=key, return_url=back, flow="own-decision"
    )
    walk.finish("validation")
    walk.until("deciding")
    return walk.id


def test_each_route_is_documented_with_its_statuses(
    guide: HostGuide, settings: dict[str, str]
) -> None:
    document = httpx.get(f"{settings['IDENTITY_URL']}/api/v1/openapi.json", trust_env=False).json()
    rows = re.findall(r"^\| `(\w+) (/\S+)` \| ([\d, ]+) \| ([\d, ]*) ?\|$", guide.text, re.M)
    common = re.search(r"^\| all of them \| \| ([\d, ]+) \|$", guide.text, re.M)
    assert common

    def statuses(text: str) -> set[str]:
        return set(re.findall(r"\d+", text))

    documented = {
        (method, path): statuses(good) | statuses(bad) | statuses(common[1])
        for method, path, good, bad in rows
    }
    served = {
        (method.upper(), path): set(operation["responses"])
        for path, operations in document["paths"].items()
        for method, operation in operations.items()
    }
    assert documented == served


@pytest.mark.parametrize("label", ["201", "200"])
def test_answers_of_the_page_have_the_fields_of_the_description(
    guide: HostGuide, settings: dict[str, str], label: str
) -> None:
    document = httpx.get(f"{settings['IDENTITY_URL']}/api/v1/openapi.json", trust_env=False).json()
    fields = set(document["components"]["schemas"]["OnboardingBody"]["properties"])
    samples = [
        each.sample for each in guide.blocks if (each.language, each.label) == ("json", label)
    ]
    onboardings = [each for each in samples if "link" in each]
    assert onboardings
    assert all(set(each) == fields for each in onboardings)


def test_each_error_has_a_sample_and_a_row(guide: HostGuide) -> None:
    rows = dict(re.findall(r"^\| \d+ \| `(\w+)` \| (yes|no) \|", guide.section("Errors"), re.M))
    retries = {code: "yes" if known.retry else "no" for code, known in PROBLEM_TYPES.items()}
    assert rows == retries
    samples = guide.problems()
    assert sorted(samples) == sorted(PROBLEM_TYPES)
    for code, known in PROBLEM_TYPES.items():
        sample = samples[code]
        assert (sample["status"], sample["title"]) == (known.status, known.title)
        assert sample["type"].endswith(f"/problems/{code}")
        assert {name: sample[name] for name in known.members} == known.members


@pytest.mark.parametrize("code", CAUSED)
def test_error_is_answered_as_its_sample_says(
    guide: HostGuide, api: httpx.Client, settings: dict[str, str], code: str
) -> None:
    method, path, options = CAUSED[code]
    answer = api.request(method, path, **options)
    sample = guide.problems()[code]
    body = answer.json()
    assert (answer.status_code, body["code"]) == (sample["status"], code)
    assert answer.headers["content-type"] == "application/problem+json"
    assert sorted(body) == sorted(sample)
    assert body["type"] == f"{settings['IDENTITY_URL']}/problems/{code}"
    assert httpx.get(body["type"], trust_env=False).status_code == 200


def test_conflicts_are_answered_as_their_samples_say(guide: HostGuide, api: httpx.Client) -> None:
    samples = guide.problems()
    created = api.post("/onboardings", json={"subject": "conflict"}).json()
    other = api.post("/onboardings", json={"subject": "conflict", "country": "PRT"})
    assert sorted(other.json()) == sorted(samples["active_onboarding_exists"])
    assert other.json()["onboarding"] == created["id"]
    assert api.post(f"/onboardings/{created['id']}/cancel").status_code == 200
    ended = api.post(f"/onboardings/{created['id']}/link")
    assert sorted(ended.json()) == sorted(samples["onboarding_ended"])
    key = {"Idempotency-Key": "one"}
    assert api.post("/onboardings", json={"subject": "a"}, headers=key).status_code == 201
    again = api.post("/onboardings", json={"subject": "a"}, headers=key)
    assert (again.status_code, again.headers["idempotent-replayed"]) == (201, "true")
    reused = api.post("/onboardings", json={"subject": "b"}, headers=key)
    assert sorted(reused.json()) == sorted(samples["idempotency_key_reused"])


def test_message_and_signed_result_have_the_fields_of_the_page(
    guide: HostGuide,
    guide_stack: GuideStack,
    api: httpx.Client,
    settings: dict[str, str],
    tmp_path,
) -> None:
    walk = verified_journey(guide_stack, settings)
    found = eventually(
        lambda: next(
            (
                each
                for each in api.get("/messages?limit=100").json()["data"]
                if (each["type"], each["data"]["id"]) == ("onboarding.verified", walk.id)
            ),
            None,
        )
    )
    assert_same_shape(guide.sample("message"), {k: v for k, v in found.items() if k != "id"})
    address = next(link.href for link in walk.look().links if "mobbscan_result" in link.href)
    token = address.partition("mobbscan_result=")[2]
    assert_same_shape(guide.sample("result"), claims_of(token))
    printed = run_program(tmp_path, PYTHON, "catch_up", guide.program("catch_up.py"), settings)
    assert f"onboarding.verified {walk.id}" in printed
    again = run_program(tmp_path, PYTHON, "catch_up", guide.program("catch_up.py"), settings)
    assert again == ""


def test_program_saves_all_evidence(
    guide: HostGuide, guide_stack: GuideStack, settings: dict[str, str], tmp_path
) -> None:
    given = {**settings, "VERIFIED": verified_onboarding(guide_stack, settings)}
    printed = run_program(tmp_path, PYTHON, "evidence", guide.program("evidence.py"), given)
    saved = dict(line.split() for line in printed.splitlines())
    assert saved == {
        "document_front": "image/jpeg",
        "document_back": "image/jpeg",
        "face_document": "image/jpeg",
        "face_now": "image/jpeg",
        "video_liveness": "video/mp4",
        "pdf": "application/pdf",
        "zip": "application/zip",
    }
    starts = {"document_front": b"\xff\xd8\xff", "pdf": b"%PDF", "zip": b"PK"}
    for name, start in starts.items():
        assert (tmp_path / name).read_bytes().startswith(start)


def verified_onboarding(guide_stack: GuideStack, settings: dict[str, str]) -> str:
    """Return the id of a verified onboarding of the site, with its recording."""
    walk = verified_journey(guide_stack, settings)
    eventually(lambda: walk.process["video_at"])
    return walk.id


def verified_journey(guide_stack: GuideStack, settings: dict[str, str]) -> UserJourney:
    site, key = settings["IDENTITY_SITE"], settings["IDENTITY_HANDOFF_KEY"]
    back = f"{settings['WEBSITE_URL']}/verified"
    person = Person(uuid.uuid4().hex, "Ada Lovelace", "en")
    walk = start_onboarding(guide_stack.stack, person, iss=site, key=key, return_url=back)
    walk.finish("passes")
    walk.until("verified")
    return walk


def claims_of(token: str) -> Any:
    """Return the claims without verification: the websites' tests verify."""
    payload = token.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))


def test_key_set_has_the_fields_of_the_page(guide: HostGuide, settings: dict[str, str]) -> None:
    url = f"{settings['IDENTITY_URL']}/.well-known/jwks.json"
    assert_same_shape(guide.sample("jwks"), httpx.get(url, trust_env=False).json())


@pytest.mark.parametrize("words", [Status, ReasonCode])
def test_each_status_and_reason_is_on_the_page(guide: HostGuide, words: Any) -> None:
    section = guide.section("Statuses and reasons")
    assert [str(word) for word in words if f"`{word}`" not in section] == []


@pytest.mark.parametrize(
    ("path", "parameter"),
    [("/onboardings", "cursor"), ("/onboardings", "changed_after"), ("/messages", "after")],
)
def test_loop_over_a_list_ends_with_null_and_has_each_row_once(
    api: httpx.Client, path: str, parameter: str
) -> None:
    subjects = [f"paging-{parameter}-{number}" for number in range(3)]
    created = {api.post("/onboardings", json={"subject": each}).json()["id"] for each in subjects}
    eventually(lambda: created <= {row for row, _ in _pages(api, path, parameter)[0]})
    rows, last = _pages(api, path, parameter)
    assert len(rows) == len(set(rows))
    later = "changed_after" if parameter == "cursor" else parameter
    assert api.get(path, params={later: last}).json() == {"data": [], "next_cursor": None}
    for unusable in ("", "null"):
        assert api.get(path, params={parameter: unusable}).status_code == 422


def _pages(api: httpx.Client, path: str, parameter: str) -> tuple[list[Any], str]:
    """Return onboarding and message or version of each row, and the last cursor."""
    rows, cursor = [], ""
    for _ in range(200):
        query = {"limit": "2", **({parameter: cursor} if cursor else {})}
        page = api.get(path, params=query).json()
        rows += [(each.get("data", each)["id"], each["id"]) for each in page["data"]]
        if page["next_cursor"] is None:
            return rows, cursor
        cursor = page["next_cursor"]
    raise AssertionError("The list does not end")


def test_repeated_withdrawal_with_an_empty_object_changes_nothing(api: httpx.Client) -> None:
    created = api.post("/onboardings", json={"subject": "withdrawn"}).json()["id"]
    first = api.post(f"/onboardings/{created}/cancel", json={})
    second = api.post(f"/onboardings/{created}/cancel")
    assert (first.status_code, second.status_code) == (200, 200)
    assert first.json()["version"] == second.json()["version"]
    eventually(lambda: (created, "onboarding.canceled") in _types(api))
    assert _types(api).count((created, "onboarding.canceled")) == 1


def _types(api: httpx.Client) -> list[tuple[str, str]]:
    messages, query = [], {"limit": "100"}
    while (page := api.get("/messages", params=query).json())["next_cursor"]:
        messages += [(each["data"]["id"], each["type"]) for each in page["data"]]
        query["after"] = page["next_cursor"]
    return messages


def test_conflict_is_the_first_answer_to_its_idempotency_key(api: httpx.Client) -> None:
    created = api.post("/onboardings", json={"subject": "first-answer"}).json()["id"]
    call = {"json": {"subject": "first-answer", "locale": "es"}}
    key = {"headers": {"Idempotency-Key": "conflict"}}
    assert api.post("/onboardings", **call, **key).status_code == 409
    assert api.post(f"/onboardings/{created}/cancel").status_code == 200
    assert api.post("/onboardings", **call, **key).status_code == 409
    assert api.post("/onboardings", **call).status_code == 201


def test_subject_in_the_form_of_an_address_is_accepted(api: httpx.Client) -> None:
    assert api.post("/onboardings", json={"subject": "4711@tenant"}).status_code == 201
    assert api.get("/subjects/4711%40tenant").json()["subject"] == "4711@tenant"
