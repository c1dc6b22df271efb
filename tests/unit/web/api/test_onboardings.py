"""API routes of onboardings: fields, statuses, and answers to bad input."""

from __future__ import annotations

import json
import re

import httpx
import pytest

from tests.unit.web.api.conftest import BANK, PUBLIC_URL, SHOP, UNKNOWN_ID, Api
from webapp.web.api.reading import MAX_ERRORS
from webapp.web.problem_types import PROBLEM_TYPES

FIELDS = {
    "id",
    "site",
    "subject",
    "flow",
    "status",
    "gateway_status",
    "final",
    "reasons",
    "attempt",
    "previous_id",
    "replaced_by",
    "link",
    "link_expires_at",
    "created_at",
    "updated_at",
    "decided_at",
    "expires_at",
    "expected_match",
    "metadata",
    "livemode",
    "version",
}
PLANTED = "Zzyzx-4711"


def test_create_answers_201_with_every_field(api: Api) -> None:
    answer = api.create(metadata={"order": "1"}, expected={"name": "Ada"}, locale="es")
    assert answer.status_code == 201
    assert answer.mimetype == "application/json"
    made = answer.get_json()
    assert set(made) >= FIELDS
    assert (made["site"], made["subject"], made["flow"]) == ("shop", "ada", "default")
    assert (made["status"], made["final"], made["reasons"]) == ("created", False, [])
    assert (made["expected_match"], made["metadata"]) == ("not_checked", {"order": "1"})
    assert (made["livemode"], made["version"], made["attempt"]) == (False, 1, 1)
    assert made["link"].startswith(f"{PUBLIC_URL}/l/")
    for name in ("created_at", "updated_at", "expires_at", "link_expires_at"):
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", made[name]), made[name]
    assert answer.headers["Request-Id"]
    assert answer.headers["Cache-Control"] == "no-store"
    assert "Set-Cookie" not in answer.headers


def test_get_and_list_show_the_onboarding_without_its_link(api: Api) -> None:
    made = api.create().get_json()
    shown = api.get(f"/onboardings/{made['id']}").get_json()
    new = {"link": None, "link_expires_at": None, "result": shown["result"]}
    assert shown == {**made, **new}
    api.number_changes()
    (listed,) = api.get("/onboardings").get_json()["data"]
    assert {**listed, "result": ""} == {**shown, "result": ""}


def test_create_repeated_answers_200_and_with_other_options_409(api: Api) -> None:
    first = api.create().get_json()
    again = api.create()
    assert (again.status_code, again.get_json()["id"]) == (200, first["id"])
    other = api.create(mode="redirect")
    assert (other.status_code, other.get_json()["code"]) == (409, "active_onboarding_exists")
    assert other.get_json()["onboarding"] == first["id"]


def test_link_and_cancel_answer_the_onboarding(api: Api) -> None:
    made = api.create().get_json()
    link = api.post(f"/onboardings/{made['id']}/link")
    assert link.status_code == 200
    assert link.get_json()["link"] not in (None, made["link"])
    canceled = api.post(f"/onboardings/{made['id']}/cancel", json={})
    assert canceled.status_code == 200
    assert canceled.get_json()["status"] == "canceled"
    assert canceled.get_json()["reasons"] == [{"code": "withdrawn", "retry_allowed": True}]
    ended = api.post(f"/onboardings/{made['id']}/link")
    assert (ended.status_code, ended.get_json()["code"]) == (409, "onboarding_ended")


def test_timeline_and_subject(api: Api) -> None:
    made = api.create("user/4711 ñ").get_json()
    events = api.get(f"/onboardings/{made['id']}/timeline").get_json()["data"]
    assert [(each["event"], each["actor"]) for each in events] == [
        ("created", "host"),
        ("link_made", "host"),
    ]
    stands = api.get("/subjects/user%2F4711%20%C3%B1").get_json()
    assert stands == {
        "subject": "user/4711 ñ",
        "status": "created",
        "onboarding": made["id"],
        "verified_at": None,
    }
    assert api.get("/subjects/nobody").status_code == 404


@pytest.mark.parametrize("path", ["", "/timeline"])
@pytest.mark.parametrize("id_", [UNKNOWN_ID, "not-an-id", UNKNOWN_ID.upper().replace("0", "A")])
def test_read_of_an_unknown_id_is_404(api: Api, path: str, id_: str) -> None:
    answer = api.get(f"/onboardings/{id_}{path}")
    assert (answer.status_code, answer.get_json()["code"]) == (404, "not_found")


@pytest.mark.parametrize("path", ["", "/timeline", "/link", "/cancel"])
def test_onboarding_of_another_site_looks_like_an_unknown_one(api: Api, path: str) -> None:
    made = api.create().get_json()
    method = "POST" if path in ("/link", "/cancel") else "GET"
    answers = [
        api.call(method, f"/onboardings/{id_}{path}", key=BANK) for id_ in (made["id"], UNKNOWN_ID)
    ]
    assert [each.status_code for each in answers] == [404, 404]
    bodies = [{**each.get_json(), "request_id": ""} for each in answers]
    assert bodies[0] == bodies[1]


@pytest.mark.parametrize(
    ("fields", "field", "problem"),
    [
        ({"subject": ""}, "subject", "must have 1 to 255"),
        ({"subject": "x" * 256}, "subject", "must have 1 to 255"),
        ({"subject": "a\u0000b"}, "subject", "control characters"),
        ({"subject": "\ud800"}, "subject", "control characters"),
        ({"subject": 1}, "subject", "must be a text"),
        ({"subject": None}, "subject", "must be a text"),
        ({"subjekt": "x"}, "subjekt", "is not known; did you mean subject?"),
        ({PLANTED: "x"}, "(a name that is not repeated here)", "is not known"),
        ({"flow": "other"}, "flow", "must be one of default, strict"),
        ({"mode": PLANTED}, "mode", "must be one of iframe, redirect"),
        ({"country": "ES"}, "country", "such as ESP"),
        ({"document_type": PLANTED}, "document_type", "IDCard"),
        (
            {"document_type": "Passport", "document_specific_type": "ESPIDCardV4"},
            "document_specific_type",
            "beside document_type",
        ),
        ({"return_url": "https://evil.example/"}, "return_url", "return_urls"),
        ({"return_url": "javascript:alert(1)"}, "return_url", "return_urls"),
        ({"locale": "es_ES"}, "locale", "must be like es-ES"),
        ({"metadata": {"a": 1}}, "metadata", "must be a text"),
        ({"metadata": {PLANTED: 1}}, "metadata", "must be a text"),
        ({"metadata": {f"k{n}": "" for n in range(51)}}, "metadata", "at most 50 keys"),
        ({"metadata": {"a b": "x"}}, "metadata", "letters, digits"),
        ({"metadata": {"a": "x" * 501}}, "metadata", "to 500 characters"),
        ({"metadata": []}, "metadata", "must be an object"),
        ({"extra_data": {"subject": "x"}}, "extra_data", "this server sets them"),
        ({"expected": {"nam": "x"}}, "expected.nam", "is not known"),
        ({"expected": {"date_of_birth": "31.12.1990"}}, "expected.date_of_birth", "1990-12-31"),
        ({"expected": {"date_of_birth": "2023-02-30"}}, "expected.date_of_birth", "1990-12-31"),
        ({"expected": {"nationality": "XX"}}, "expected.nationality", "such as ESP"),
    ],
)
def test_create_with_bad_input_is_422_that_names_the_field_and_repeats_no_value(
    api: Api, fields: dict[str, object], field: str, problem: str
) -> None:
    answer = api.create(**{"subject": "ada", **fields})
    assert answer.status_code == 422, answer.text
    assert answer.mimetype == "application/problem+json"
    body = answer.get_json()
    assert body["code"] == "invalid_input"
    (first, *_) = body["errors"]
    assert first["field"] == field
    assert problem in first["problem"]
    assert PLANTED not in answer.text


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"", 415, "unsupported_media_type"),
        (b"{", 400, "malformed_json"),
        (b"[]", 400, "malformed_json"),
        (b'"{}"', 400, "malformed_json"),
        (b'{"subject": "a", "subject": "b"}', 400, "malformed_json"),
        (b'{"subject": "\xff"}', 400, "malformed_json"),
        (b"[" * 40_000, 400, "malformed_json"),
        (json.dumps({"subject": "x" * 70_000}).encode(), 413, "body_too_large"),
    ],
)
def test_create_with_a_body_that_is_no_json_object(
    api: Api, body: bytes, status: int, code: str
) -> None:
    type_ = "application/json" if body else None
    answer = api.post("/onboardings", data=body, content_type=type_)
    assert (answer.status_code, answer.get_json()["code"]) == (status, code)


@pytest.mark.parametrize(
    ("body", "detail"),
    [
        (PLANTED.encode(), "not JSON"),
        (f'["{PLANTED}"]'.encode(), "not an object"),
        (f'{{"{PLANTED}": 1, "{PLANTED}": 1}}'.encode(), "a key given twice"),
        (f'{{"subject": "{PLANTED}'.encode() + b'\xff"}', "not UTF-8"),
        (b'{"subject": NaN}', "not JSON: NaN or Infinity"),
        (b'{"subject": 1e999}', "a number out of range"),
        (b"[" * 40_000, "nested too deeply"),
    ],
)
def test_create_with_a_body_that_is_no_json_object_names_what_is_wrong(
    api: Api, body: bytes, detail: str
) -> None:
    answer = api.post("/onboardings", data=body, content_type="application/json")
    fix = PROBLEM_TYPES["malformed_json"].fix
    assert answer.get_json()["detail"] == f"The body cannot be read: {detail}. {fix}"
    assert PLANTED not in answer.text


def test_create_with_thousands_of_bad_fields_names_the_first_ones(api: Api) -> None:
    names = [f"locale_{'x' * (each % 30)}" for each in range(30)]
    metadata = {str(each): 1 for each in range(5000)}
    answer = api.create(metadata=metadata, **dict.fromkeys(names, "x"))
    assert answer.status_code == 422
    assert len(answer.get_json()["errors"]) == MAX_ERRORS
    query = "&".join(f"{name}=1&{name}=1" for name in names)
    assert len(api.get(f"/onboardings?{query}").get_json()["errors"]) == MAX_ERRORS


@pytest.mark.parametrize("ending", [b"", b"  garbage"])
def test_create_with_a_chunked_body_over_the_limit_is_413(url: str, ending: bytes) -> None:
    """Cut off at the limit, it would be read as `{"subject": "ada"}`."""
    parts = iter([b'{"subject": "ada"}', *[b" " * 4096] * 16, ending])
    headers = {"Authorization": f"Bearer {SHOP}", "Content-Type": "application/json"}
    answer = httpx.post(f"{url}/onboardings", content=parts, headers=headers, trust_env=False)
    assert (answer.status_code, answer.json()["code"]) == (413, "body_too_large")


def test_create_with_a_form_is_415(api: Api) -> None:
    answer = api.post("/onboardings", data={"subject": "ada"})
    assert (answer.status_code, answer.get_json()["code"]) == (415, "unsupported_media_type")


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("limit=0", "limit"),
        ("limit=101", "limit"),
        ("limit=x", "limit"),
        ("limit=1&limit=2", "limit"),
        ("status=done", "status"),
        ("cursor=x", "cursor"),
        ("cursor=bTox", "cursor"),  # a position among the messages
        ("changed_after=yesterday", "changed_after"),
        ("changed_after=2026-02-30T00:00:00Z", "changed_after"),
        ("changed_after=0001-01-01T00:00:00%2B10:00", "changed_after"),
        ("page=2", "page"),
    ],
)
def test_list_with_a_bad_query_is_422(api: Api, query: str, field: str) -> None:
    answer = api.get(f"/onboardings?{query}")
    assert answer.status_code == 422, answer.text
    assert answer.get_json()["errors"][0]["field"] == field


def test_list_pages_to_the_end_and_goes_on_later(api: Api) -> None:
    made = [api.create(f"user-{n}").get_json()["id"] for n in range(5)]
    api.number_changes()
    seen: list[str] = []
    cursor = last = ""
    while cursor is not None:
        page = api.get(
            "/onboardings", query_string={"limit": 2, "cursor": cursor} if cursor else {"limit": 2}
        ).get_json()
        seen += [each["id"] for each in page["data"]]
        last, cursor = cursor, page["next_cursor"]
    assert seen == made
    api.post(f"/onboardings/{made[0]}/cancel")
    api.number_changes()
    later = api.get("/onboardings", query_string={"changed_after": last}).get_json()
    assert [each["id"] for each in later["data"]] == made[:1]


@pytest.mark.parametrize("zone", ["Z", "+00:00", " 00:00", "%2B00:00"])
def test_list_after_a_time(api: Api, zone: str) -> None:
    made = api.create().get_json()
    api.number_changes()
    past, future = f"2020-01-01T00:00:00{zone}", f"2099-01-01T00:00:00{zone}"
    found = [
        api.get(f"/onboardings?changed_after={time}").get_json()["data"] for time in (past, future)
    ]
    assert [[each["id"] for each in rows] for rows in found] == [[made["id"]], []]
