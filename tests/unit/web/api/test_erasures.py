"""Deleting onboardings and users by API, and reading erasures."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import KeySet

from tests.unit.store.rows import changed
from tests.unit.web.api.conftest import BANK, Api, key_of
from webapp.domain.onboarding import Status

ERASE = key_of("erase")


@pytest.fixture
def made(api: Api) -> dict[str, Any]:
    answer: dict[str, Any] = api.create(metadata={"branch": "Ada's"}).get_json()
    return answer


def delete(api: Api, path: str, key: str = ERASE) -> Any:
    return api.call("DELETE", path, key=key)


def change(api: Api, onboarding_id: str, **fields: Any) -> None:
    with api.app.extensions["wired"].database.writing() as work:
        row = work.onboardings.get(onboarding_id, for_update=True)
        work.onboardings.save(changed(row, **fields), was=row.version)


def test_delete_of_an_onboarding_without_a_process_is_confirmed(api, made):
    answer = delete(api, f"/onboardings/{made['id']}")

    erasure = answer.get_json()
    assert answer.status_code == 202
    assert (erasure["onboarding"], erasure["status"], erasure["problem"]) == (
        made["id"],
        "confirmed",
        None,
    )
    assert erasure["gateway"] is None
    assert erasure["next_attempt_at"] is None
    assert "person" in erasure["deleted_here"]
    shown = api.get(f"/erasures/{erasure['id']}", key=ERASE)
    assert shown.get_json() == erasure


def test_delete_repeated_answers_the_same_erasure(api, made):
    first = delete(api, f"/onboardings/{made['id']}").get_json()
    assert delete(api, f"/onboardings/{made['id']}").get_json() == first


def test_receipt_is_verified_by_the_published_keys(api, made):
    erasure = delete(api, f"/onboardings/{made['id']}").get_json()
    published = api.app.test_client().get("/.well-known/jwks.json").get_json()
    token = jwt.decode(erasure["receipt"], KeySet.import_key_set(published), algorithms=["ES256"])
    assert token.header["typ"] == "erasure-receipt+jwt"
    claims = dict(token.claims)
    assert (claims["erasure"], claims["outcome"]) == (erasure["id"], "confirmed")
    assert claims["deleted_here"] == erasure["deleted_here"]


def test_erased_onboarding_is_shown_without_its_user(api, made):
    delete(api, f"/onboardings/{made['id']}")

    shown = api.get(f"/onboardings/{made['id']}").get_json()

    kept = ("status", "subject", "metadata", "reasons", "gateway_status", "decided_at")
    assert {name: shown[name] for name in kept} == {
        "status": "erased",
        "subject": None,
        "metadata": {},
        "reasons": [],
        "gateway_status": None,
        "decided_at": None,
    }
    api.number_changes()
    (listed,) = api.get("/onboardings").get_json()["data"]
    assert (listed["id"], listed["subject"]) == (made["id"], None)
    assert api.get("/onboardings?subject=ada").get_json()["data"] == []
    assert api.get("/subjects/ada").status_code == 404
    events = api.get(f"/onboardings/{made['id']}/timeline").get_json()["data"]
    assert events[-1]["event"] == "erased"


def test_catch_up_lists_tombstones_of_messages(api, made):
    delete(api, f"/onboardings/{made['id']}")
    api.number_changes()
    bodies = api.get("/messages").get_json()["data"]
    assert [each["type"] for each in bodies] == ["onboarding.erased"] * 2
    assert [(each["data"]["sequence"], each["data"]["subject"]) for each in bodies] == [
        (1, None),
        (2, None),
    ]


def test_repeat_of_a_create_whose_onboarding_is_erased_answers_the_tombstone(api):
    headers = {"Idempotency-Key": "one"}
    made = api.create(metadata={"branch": "x"}, headers=headers).get_json()
    delete(api, f"/onboardings/{made['id']}")

    again = api.create(metadata={"branch": "x"}, headers=headers)

    body = again.get_json()
    assert (again.status_code, again.headers["Idempotent-Replayed"]) == (201, "true")
    assert (body["id"], body["status"], body["metadata"], body["link"]) == (
        made["id"],
        "erased",
        {},
        None,
    )


def test_create_after_an_erasure_makes_a_new_onboarding(api, made):
    delete(api, f"/onboardings/{made['id']}")
    again = api.create()
    assert again.status_code == 201
    assert again.get_json()["id"] != made["id"]
    assert again.get_json()["previous_id"] is None


def test_delete_of_a_user_answers_all_erasures_and_then_none(api, made):
    other_flow = api.create(flow="strict").get_json()

    answer = delete(api, "/subjects/ada")

    assert answer.status_code == 202
    found = {each["onboarding"] for each in answer.get_json()["data"]}
    assert found == {made["id"], other_flow["id"]}
    assert delete(api, "/subjects/ada").get_json() == {"data": []}
    assert delete(api, "/subjects/nobody").get_json() == {"data": []}


@pytest.mark.parametrize("key", [BANK, key_of("onboardings")])
def test_delete_with_a_key_without_the_scope_is_403(api, made, key):
    assert delete(api, f"/onboardings/{made['id']}", key).status_code == 403
    assert delete(api, "/subjects/ada", key).status_code == 403
    assert api.get(f"/onboardings/{made['id']}").get_json()["status"] == "created"


def test_delete_of_another_sites_onboarding_is_404(api):
    theirs = api.create(key=BANK).get_json()
    assert delete(api, f"/onboardings/{theirs['id']}").status_code == 404
    assert delete(api, "/onboardings/no-uuid").status_code == 404
    assert api.get(f"/onboardings/{theirs['id']}", key=BANK).get_json()["status"] == "created"


def test_delete_before_the_retention_floor_is_409_with_ground_and_time(api, made):
    decided_at = datetime.now(UTC) - timedelta(days=1)
    change(api, made["id"], status=Status.VERIFIED, decided_at=decided_at)
    sites = dict(api.app.extensions["steps"].sites)
    shop = sites["shop"]
    kept = shop.flows["default"].model_copy(update={"keep_at_least_days": 3650})
    deps = api.app.extensions["steps"].erase._deps
    object.__setattr__(
        deps,
        "sites",
        {**sites, "shop": shop.model_copy(update={"flows": {**shop.flows, "default": kept}})},
    )

    for path in (f"/onboardings/{made['id']}", "/subjects/ada"):
        answer = delete(api, path)
        problem = answer.get_json()
        assert (answer.status_code, problem["code"]) == (409, "retention_required")
        assert (problem["onboarding"], problem["ground"]) == (made["id"], "keep_at_least_days")
        until = datetime.fromisoformat(problem["keep_until"])
        assert until == decided_at + timedelta(days=3650)
    assert api.get(f"/onboardings/{made['id']}").get_json()["subject"] == "ada"
