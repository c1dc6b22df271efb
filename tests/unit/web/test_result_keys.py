"""The address of the public keys: for everyone, cacheable for minutes."""

from flask.testing import FlaskClient

ADDRESS = "/.well-known/jwks.json"


def test_key_set_is_public_json_that_scripts_may_read(anonymous: FlaskClient) -> None:
    answer = anonymous.get(ADDRESS)
    assert answer.status_code == 200
    assert answer.mimetype == "application/json"
    assert answer.json == {"keys": [{"kty": "EC", "kid": "of-the-fake"}]}
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert answer.headers["Cache-Control"] == "public, max-age=300"
    assert "Set-Cookie" not in answer.headers


def test_key_set_unchanged_is_304(anonymous: FlaskClient) -> None:
    etag = anonymous.get(ADDRESS).headers["ETag"]
    assert anonymous.get(ADDRESS, headers={"If-None-Match": etag}).status_code == 304


def test_key_set_does_not_accept_post(anonymous: FlaskClient) -> None:
    assert anonymous.post(ADDRESS).status_code == 405
