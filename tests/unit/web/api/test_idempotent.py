"""Idempotency-Key over HTTP: the first answer again, with a fresh link."""

from __future__ import annotations

import pytest

from tests.unit.web.api.conftest import BANK, Api
from webapp.journey.api_create import ApiCreate
from webapp.store.errors import DatabaseUnavailable

KEY = {"Idempotency-Key": "b7e4d0c2"}


def test_create_repeated_answers_201_again_with_a_fresh_link(api: Api) -> None:
    first = api.create(headers=KEY)
    again = api.create(headers=KEY)
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.headers["Idempotent-Replayed"] == "true"
    assert "Idempotent-Replayed" not in first.headers
    one, two = first.get_json(), again.get_json()
    assert one["link"] != two["link"]
    assert two["link"] is not None
    assert {**one, "link": 0, "link_expires_at": 0} == {**two, "link": 0, "link_expires_at": 0}


def test_create_repeated_after_the_end_answers_as_at_first_without_a_link(api: Api) -> None:
    made = api.create(headers=KEY).get_json()
    api.post(f"/onboardings/{made['id']}/cancel")
    again = api.create(headers=KEY)
    assert again.status_code == 201
    assert again.get_json() == {**made, "link": None, "link_expires_at": None}


def test_stored_answer_holds_no_link(api: Api) -> None:
    made = api.create(headers=KEY).get_json()
    wired = api.app.extensions["wired"]
    with wired.database.reading() as work:
        (sealed,) = work.connection.exec_driver_sql("SELECT answer FROM api_requests").one()
    assert made["link"].rpartition("/")[2] not in wired.database.cipher.open(sealed)


def test_key_with_another_body_path_or_order_of_members(api: Api) -> None:
    one = '{"subject": "ada", "mode": "iframe"}'
    two = '{"mode": "iframe", "subject": "ada"}'
    headers = {**KEY, "Content-Type": "application/json"}
    made = api.post("/onboardings", data=one, headers=headers)
    assert api.post("/onboardings", data=two, headers=headers).status_code == 201
    other = api.create("ben", headers=KEY)
    assert (other.status_code, other.get_json()["code"]) == (422, "idempotency_key_reused")
    link = api.post(f"/onboardings/{made.get_json()['id']}/link", headers=KEY)
    assert link.status_code == 422


def test_key_of_another_site_is_independent(api: Api) -> None:
    ours, theirs = api.create(headers=KEY), api.create(headers=KEY, key=BANK)
    assert theirs.status_code == 201
    assert ours.get_json()["id"] != theirs.get_json()["id"]


def test_refusal_is_repeated(api: Api) -> None:
    made = api.create().get_json()
    first = api.create(mode="redirect", headers=KEY)
    api.post(f"/onboardings/{made['id']}/cancel")
    again = api.create(mode="redirect", headers=KEY)
    assert (first.status_code, again.status_code) == (409, 409)
    assert first.get_json() == again.get_json()
    assert again.mimetype == "application/problem+json"


def test_invalid_input_does_not_use_the_key_up(api: Api) -> None:
    assert api.create(mode="other", headers=KEY).status_code == 422
    assert api.create(headers=KEY).status_code == 201


def test_failure_frees_the_key(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as failing:
        failing.setattr(ApiCreate, "_admit", _fail)
        assert api.create(headers=KEY).status_code == 503
    assert api.create(headers=KEY).status_code == 201


def _fail(*_arguments: object) -> None:
    raise DatabaseUnavailable("the disk is full")


def test_crash_between_commit_and_answer_repeats_the_answer(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    create = ApiCreate.create

    def crash(*arguments: object) -> None:
        create(*arguments)  # type: ignore[arg-type]
        raise SystemExit

    with monkeypatch.context() as crashing:
        crashing.setattr(ApiCreate, "create", crash)
        with pytest.raises(SystemExit):
            api.create(headers=KEY)
    again = api.create(headers=KEY)
    assert (again.status_code, again.headers["Idempotent-Replayed"]) == (201, "true")


@pytest.mark.parametrize("key", ["", "x" * 256, "schlüssel", "two words"])
def test_unusable_key_is_422(api: Api, key: str) -> None:
    answer = api.create(headers={"Idempotency-Key": key})
    assert answer.status_code == 422
    assert answer.get_json()["errors"][0]["field"] == "Idempotency-Key"
