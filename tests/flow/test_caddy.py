"""deploy/Caddyfile in front of the server, as it lies there."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support import proxied_stack, proxy_checks
from tests.support.caddy import Caddy
from tests.support.proxied_stack import ProxiedStack
from tests.support.proxy import DEPLOY

pytestmark = pytest.mark.needs("caddy")

#: Caddy says all that it can say.
TALKATIVE = {"\tgrace_period": "\tdebug\n\tgrace_period"}


@pytest.fixture(scope="module")
def front(tmp_path_factory: pytest.TempPathFactory, database_kind: str) -> Iterator[ProxiedStack]:
    with proxied_stack.front_of(Caddy, tmp_path_factory.mktemp("caddy"), database_kind) as front:
        yield front


def test_ada_is_verified_at_a_path_of_the_shop(front: ProxiedStack) -> None:
    proxied_stack.ada_is_verified_at_a_path_of_the_shop(front)


def test_an_event_goes_out_at_once(front: ProxiedStack) -> None:
    proxied_stack.an_event_goes_out_at_once(front)


def test_what_is_too_large_is_refused_and_what_fits_goes_through(front: ProxiedStack) -> None:
    proxied_stack.what_is_too_large_is_refused_and_what_fits_goes_through(front)


def test_the_longest_hand_off_and_the_largest_cookies_fit(front: ProxiedStack) -> None:
    proxied_stack.the_longest_hand_off_and_the_largest_cookies_fit(front)


def test_nobody_believes_what_is_said_of_the_host(front: ProxiedStack) -> None:
    proxied_stack.nobody_believes_what_is_said_of_the_host(front)


def test_metrics_are_not_for_the_world(front: ProxiedStack) -> None:
    proxied_stack.metrics_are_not_for_the_world(front)


# The same file in front of a small upstream that sees what Caddy does.


def test_connections_are_kept_and_the_clients_address_is_caddys_to_say(tmp_path: Path) -> None:
    proxy_checks.connections_are_kept_and_the_clients_address_is_the_proxys_to_say(Caddy, tmp_path)


def test_a_file_waits_for_its_reader_and_not_on_the_disk(tmp_path: Path) -> None:
    proxy_checks.a_file_waits_for_its_reader_and_not_on_the_disk(Caddy, tmp_path)


def test_an_event_comes_though_the_answer_has_not_ended(tmp_path: Path) -> None:
    assert proxy_checks.an_event_comes_though_the_answer_has_not_ended(Caddy, tmp_path)


def test_who_leaves_a_live_page_is_let_go(tmp_path: Path) -> None:
    proxy_checks.who_leaves_a_live_page_is_let_go(Caddy, tmp_path)


def test_a_live_page_does_not_hold_up_caddys_end(tmp_path: Path) -> None:
    short = {"grace_period 10s": "grace_period 1s"}
    proxy_checks.a_live_page_does_not_hold_up_the_proxys_end(Caddy, tmp_path, short)


def test_while_the_server_is_away_people_are_told_to_come_back_and_no_log_says_who(
    tmp_path: Path,
) -> None:
    logs = proxy_checks.while_the_server_is_away_people_are_told_to_come_back(
        Caddy, tmp_path, TALKATIVE
    )
    assert "serving initial configuration" in logs
    assert "the-secret" not in logs


def test_a_server_that_does_not_answer_is_away_and_no_log_says_to_whom(tmp_path: Path) -> None:
    changes = {**TALKATIVE, "response_header_timeout 75s": "response_header_timeout 1s"}
    logs = proxy_checks.a_server_that_does_not_answer_is_away(Caddy, tmp_path, changes)
    assert "the-secret" not in logs


def test_an_answer_that_breaks_off_does_and_no_log_says_whose(tmp_path: Path) -> None:
    assert "the-secret" not in proxy_checks.an_answer_that_breaks_off_does(
        Caddy, tmp_path, TALKATIVE
    )


def test_caddy_lets_an_idle_connection_go_before_the_server_does(tmp_path: Path) -> None:
    """Otherwise a request goes out on a connection that is being closed."""
    (kept,) = re.findall(r"^\s*keepalive (\d+)s$", (DEPLOY / "Caddyfile").read_text(), re.M)
    assert int(kept) < proxy_checks.seconds_the_server_keeps_a_connection()
    proxy_checks.an_idle_connection_is_given_up(
        Caddy, tmp_path, {f"keepalive {kept}s": "keepalive 1s"}
    )
