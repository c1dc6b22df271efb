"""doctor: TRUSTED_PROXY_HOPS, OUTBOUND_PROXY and proxies of the environment."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.forward_proxy import ForwardProxy
from tests.unit.cli.conftest import Run
from tests.unit.cli.installation import Installation
from tests.unit.cli.public_server import PublicServer

NO_PROXIES = dict.fromkeys(
    ("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy")
)


@pytest.fixture
def public(ready: Installation) -> Iterator[PublicServer]:
    with PublicServer() as server:
        server.secret_key = ready.environ["SECRET_KEY"]
        yield server


@pytest.mark.parametrize(
    ("entries", "hops", "advice"),
    [
        (1, "0", "TRUSTED_PROXY_HOPS is 0, but this request arrived with 1"),
        (2, "1", "set it to the number of proxies that browsers pass (2"),
        (1, "2", "clients can choose the address that limits count"),
        (0, "1", "TRUSTED_PROXY_HOPS is 1, but this request arrived with 0"),
    ],
)
def test_doctor_other_number_of_proxies_warns_with_the_number(
    run: Run, public: PublicServer, entries: int, hops: str, advice: str
) -> None:
    public.forwarded_entries = entries
    result = run("doctor", PUBLIC_URL=public.url, TRUSTED_PROXY_HOPS=hops)
    (warned,) = [line for line in result.output.splitlines() if "TRUSTED_PROXY_HOPS" in line]
    assert warned.startswith("warn")
    assert advice in warned


@pytest.mark.parametrize(("entries", "hops"), [(0, "0"), (1, "1"), (None, "0")])
def test_doctor_matching_number_of_proxies_says_nothing(
    run: Run, public: PublicServer, entries: int | None, hops: str
) -> None:
    public.forwarded_entries = entries
    result = run("doctor", PUBLIC_URL=public.url, TRUSTED_PROXY_HOPS=hops)
    assert "TRUSTED_PROXY_HOPS" not in result.output


def test_doctor_proxies_of_the_environment_warns_without_their_values(
    run: Run, public: PublicServer
) -> None:
    given = {**NO_PROXIES, "HTTPS_PROXY": "http://me:hunter2@127.0.0.1:9"}
    result = run("doctor", PUBLIC_URL=public.url, **given)
    assert "warn  HTTPS_PROXY: ignored by this server; set OUTBOUND_PROXY" in result.output
    assert "hunter2" not in result.output
    assert "ignored" not in run("doctor", PUBLIC_URL=public.url, **NO_PROXIES).output


def test_doctor_with_outbound_proxy_checks_the_gateway_through_it(
    run: Run, ready: Installation, public: PublicServer
) -> None:
    with ForwardProxy("shop:hunter2") as proxy:
        result = run("doctor", PUBLIC_URL=public.url, OUTBOUND_PROXY=proxy.url)
    assert "ok    gateway gave an access token" in result.output
    assert "ok    this machine's clock agrees with the gateway's" in result.output
    assert "hunter2" not in result.output
    gateway = ready.environ["MOBBSCAN_GATEWAY_URL"]
    assert proxy.requests
    assert all(gateway in each for each in proxy.requests), "PUBLIC_URL is asked directly"


def test_doctor_with_a_refusing_outbound_proxy_fails(run: Run, public: PublicServer) -> None:
    with ForwardProxy(refusal=407) as proxy:
        result = run("doctor", PUBLIC_URL=public.url, OUTBOUND_PROXY=proxy.url)
    assert result.exit_code == 1
    assert "OUTBOUND_PROXY" in result.output
