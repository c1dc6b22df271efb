"""Who may call what: every route with every method and every kind of key."""

from __future__ import annotations

import pytest
from flask import Flask

from tests.unit.web.api.conftest import (
    ALL_SCOPES,
    BANK,
    EXPIRED,
    SCOPES,
    SHOP,
    UNKNOWN_ID,
    Api,
    key_of,
)

#: Route, its methods, and the scope that it needs; None: for everyone.
ROUTES = {
    "/onboardings": ({"GET", "HEAD", "POST"}, "onboardings"),
    f"/onboardings/{UNKNOWN_ID}": ({"GET", "HEAD", "DELETE"}, "onboardings"),
    f"/onboardings/{UNKNOWN_ID}/link": ({"POST"}, "onboardings"),
    f"/onboardings/{UNKNOWN_ID}/cancel": ({"POST"}, "onboardings"),
    f"/onboardings/{UNKNOWN_ID}/accept": ({"POST"}, "decide"),
    f"/onboardings/{UNKNOWN_ID}/reject": ({"POST"}, "decide"),
    f"/onboardings/{UNKNOWN_ID}/review": ({"POST"}, "decide"),
    f"/onboardings/{UNKNOWN_ID}/decision": ({"GET", "HEAD"}, "decide"),
    f"/onboardings/{UNKNOWN_ID}/data": ({"GET", "HEAD"}, "data"),
    f"/onboardings/{UNKNOWN_ID}/timeline": ({"GET", "HEAD"}, "onboardings"),
    "/subjects/nobody": ({"GET", "HEAD", "DELETE"}, "onboardings"),
    f"/erasures/{UNKNOWN_ID}": ({"GET", "HEAD"}, "erase"),
    f"/onboardings/{UNKNOWN_ID}/evidence": ({"GET", "HEAD"}, "evidence"),
    f"/onboardings/{UNKNOWN_ID}/images/TYPE": ({"GET", "HEAD"}, "evidence"),
    f"/onboardings/{UNKNOWN_ID}/recordings/TYPE": ({"GET", "HEAD"}, "evidence"),
    f"/onboardings/{UNKNOWN_ID}/pdf": ({"GET", "HEAD"}, "evidence"),
    f"/onboardings/{UNKNOWN_ID}/zip": ({"GET", "HEAD"}, "evidence"),
    "/messages": ({"GET", "HEAD"}, "onboardings"),
    "/openapi.json": ({"GET", "HEAD"}, None),
}
#: Methods that need another scope than the other methods of their route.
SCOPE_OF_METHOD = {"DELETE": "erase"}
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND")
#: Key → the status that a guarded route refuses it with, or the scopes that it has.
REFUSED = {
    None: "api_key_missing",
    "unknown": "api_key_unknown",
    SHOP.upper(): "api_key_unknown",
    f"{SHOP} x": "api_key_unknown",
    "schlüssel": "api_key_unknown",
    EXPIRED: "api_key_expired",
}
KEYS = {SHOP: "onboardings", BANK: "onboardings", **{key_of(scope): scope for scope in SCOPES}}


def test_routes_of_the_matrix_are_all_routes_of_the_api(app: Flask) -> None:
    rules = {
        rule.rule.removeprefix("/api/v1")
        .replace("<onboarding_id>", UNKNOWN_ID)
        .replace("<erasure_id>", UNKNOWN_ID)
        .replace("<evidence_type>", "TYPE")
        .replace("<path:subject>", "nobody"): set(rule.methods or ())
        for rule in app.url_map.iter_rules()
        if rule.endpoint.startswith("api.")
    }
    found: dict[str, set[str]] = {}
    for rule in app.url_map.iter_rules():
        if rule.endpoint.startswith("api."):
            path = rule.rule.removeprefix("/api/v1").replace("<onboarding_id>", UNKNOWN_ID)
            path = path.replace("<erasure_id>", UNKNOWN_ID)
            path = path.replace("<evidence_type>", "TYPE")
            found.setdefault(path.replace("<path:subject>", "nobody"), set()).update(
                rule.methods or ()
            )
    assert rules.keys() == found.keys()
    assert found == {path: methods for path, (methods, _scope) in ROUTES.items()}


@pytest.mark.parametrize("path", ROUTES)
@pytest.mark.parametrize("method", METHODS)
def test_every_key_on_every_route_and_method(api: Api, path: str, method: str) -> None:
    methods, needed = ROUTES[path]
    needed = SCOPE_OF_METHOD.get(method, needed)
    for key in (*REFUSED, *KEYS):
        answer = api.call(method, path, key=key)
        if method not in methods:
            assert answer.status_code == 405, (key, answer.status_code)
            continue
        code = answer.get_json()["code"] if method != "HEAD" and answer.status_code > 399 else None
        if needed is None:
            assert answer.status_code == 200
        elif key in REFUSED:
            assert answer.status_code == 401, key
            assert code in (REFUSED[key], None)
            assert answer.headers["WWW-Authenticate"].startswith("Bearer")
        elif KEYS[key] != needed:
            assert answer.status_code == 403, key
            assert code in ("missing_scope", None)
            assert needed in answer.headers["WWW-Authenticate"]
        else:
            assert answer.status_code in (200, 202, 404, 415), (key, answer.status_code)


#: Calls that need two scopes: method, path, body, and the scopes.
TWO_SCOPES = [
    ("GET", f"/onboardings/{UNKNOWN_ID}?include=data", None, {"onboardings", "data"}),
    ("HEAD", f"/onboardings/{UNKNOWN_ID}?include=data", None, {"onboardings", "data"}),
    *(
        ("POST", f"/onboardings/{UNKNOWN_ID}/{kind}", {"personal_data": {"name": "A"}}, scopes)
        for kind, scopes in (("accept", {"decide", "data"}), ("review", {"decide", "data"}))
    ),
]


@pytest.mark.parametrize(("method", "path", "body", "needed"), TWO_SCOPES)
def test_call_that_needs_two_scopes_is_refused_with_each_alone(
    api: Api, method: str, path: str, body: object, needed: set[str]
) -> None:
    for scope in SCOPES:
        answer = api.call(method, path, key=key_of(scope), json=body)
        assert answer.status_code == 403, scope
        (missing,) = needed - {scope} if scope in needed else {sorted(needed - {"data"})[0]}
        assert f'scope="{missing}"' in answer.headers["WWW-Authenticate"]
    assert api.call(method, path, key=ALL_SCOPES, json=body).status_code == 404


@pytest.mark.parametrize("kind", ["accept", "review"])
def test_decision_without_corrections_needs_the_scope_decide_alone(api: Api, kind: str) -> None:
    path = f"/onboardings/{UNKNOWN_ID}/{kind}"
    for body in (
        {},
        {"personal_data": None},
        {"personal_data": {}},
        {"personal_data": {"name": None}},
    ):
        assert api.post(path, key=key_of("decide"), json=body).status_code == 404


@pytest.mark.parametrize(
    "header", ["", "Bearer", "Bearer ", "Basic c2hvcC1rZXk6", f"Token {SHOP}", SHOP]
)
def test_authorization_that_is_no_bearer_key_is_401(api: Api, header: str) -> None:
    answer = api.get("/onboardings", key=None, headers={"Authorization": header})
    assert (answer.status_code, answer.get_json()["code"]) == (401, "api_key_missing")


def test_authorization_scheme_is_accepted_in_any_case(api: Api) -> None:
    answer = api.get("/onboardings", key=None, headers={"Authorization": f"bEARER  {SHOP}"})
    assert answer.status_code == 200


def test_key_in_the_address_or_a_cookie_is_no_key(api: Api) -> None:
    assert api.get(f"/onboardings?api_key={SHOP}", key=None).status_code == 401
    assert api.get("/onboardings", key=None, headers={"Cookie": f"key={SHOP}"}).status_code == 401


def test_api_key_opens_no_page_of_a_user(api: Api) -> None:
    client = api.app.test_client()
    made = api.create().get_json()
    page = client.get(
        f"/onboardings/{made['id']}/status", headers={"Authorization": f"Bearer {SHOP}"}
    )
    assert page.status_code == 401


def test_sites_see_their_own_onboardings_only(api: Api) -> None:
    ours, theirs = api.create().get_json(), api.create(key=BANK).get_json()
    api.number_changes()
    for key, made in ((SHOP, ours), (BANK, theirs)):
        assert [each["id"] for each in api.get("/onboardings", key=key).get_json()["data"]] == [
            made["id"]
        ]
        messages = api.get("/messages", key=key).get_json()["data"]
        assert [each["data"]["id"] for each in messages] == [made["id"]]


def test_use_of_a_key_is_recorded_once_a_minute(api: Api) -> None:
    database = api.app.extensions["wired"].database
    for _ in range(3):
        api.get("/onboardings", key=key_of("data"))  # refused, and used all the same
    api.get("/onboardings")
    with database.reading() as work:
        uses = work.api_key_uses.of_site("shop")
    assert len(uses) == 2
    api.get("/onboardings")
    with database.reading() as work:
        assert work.api_key_uses.of_site("shop") == uses
