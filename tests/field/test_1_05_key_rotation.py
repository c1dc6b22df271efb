"""Keys and addresses of the provider change while the server runs: no restart is needed."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from joserfc.jwk import ECKey

from tests.support.faulty_provider import FaultyProvider
from tests.support.oidc_login import NewLoginServer, is_signed_in, log_in
from tests.support.stack import Stack


def test_login_with_a_new_key_under_the_old_kid_signs_in(
    provider: FaultyProvider, login_server: Stack
) -> None:
    assert is_signed_in(log_in(login_server))
    provider.key = ECKey.generate_key("P-256", {"kid": "1"})
    assert is_signed_in(log_in(login_server))
    assert provider.requests.count("/keys") == 2


def test_login_with_a_new_key_signs_in_on_every_worker(
    provider: FaultyProvider, new_login_server: NewLoginServer
) -> None:
    server = new_login_server(WEB_CONCURRENCY="2")
    for _ in range(6):
        assert is_signed_in(log_in(server))
    provider.key = ECKey.generate_key("P-256", {"kid": "1"})
    for _ in range(6):
        assert is_signed_in(log_in(server))


def test_simultaneous_logins_with_a_new_key_under_the_old_kid_all_sign_in(
    provider: FaultyProvider, login_server: Stack
) -> None:
    assert is_signed_in(log_in(login_server))
    provider.key = ECKey.generate_key("P-256", {"kid": "1"})
    with ThreadPoolExecutor(10) as pool:
        pages = list(pool.map(lambda _: log_in(login_server), range(10)))
    assert all(is_signed_in(page) for page in pages)


def test_login_with_keys_at_a_new_address_signs_in(
    provider: FaultyProvider, login_server: Stack
) -> None:
    assert is_signed_in(log_in(login_server))
    old = provider.key.as_dict(private=False)
    provider.key = ECKey.generate_key("P-256", {"kid": "2"})
    provider.header = {"alg": "ES256", "kid": "2"}
    provider.published_at = {"/keys": [old], "/moved/keys": [provider.key.as_dict(private=False)]}
    provider.metadata = {"jwks_uri": f"{provider.issuer}/moved/keys"}
    assert is_signed_in(log_in(login_server))


@pytest.mark.parametrize("member", ["token", "keys"])
def test_login_after_an_endpoint_has_moved_signs_in_at_the_second_attempt(
    provider: FaultyProvider, login_server: Stack, member: str
) -> None:
    """The old address answers 404: the discovery document is read again."""
    assert is_signed_in(log_in(login_server))
    name = {"token": "token_endpoint", "keys": "jwks_uri"}[member]
    provider.metadata = {name: f"{provider.issuer}/moved/{member}"}
    provider.gone = {f"/{member}"}
    provider.key = ECKey.generate_key("P-256", {"kid": "1"})
    log_in(login_server)
    assert is_signed_in(log_in(login_server))


def test_bad_signatures_fetch_the_keys_a_few_times_only(
    provider: FaultyProvider, login_server: Stack
) -> None:
    provider.published = [ECKey.generate_key("P-256", {"kid": "1"}).as_dict(private=False)]
    for _ in range(12):
        assert log_in(login_server).status == 401
    assert provider.requests.count("/keys") <= 6
