"""deploy/nginx.conf in front of the server, as it lies there."""

import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.support import proxied_stack, proxy_checks
from tests.support.eventually import eventually
from tests.support.nginx import Nginx
from tests.support.proxied_stack import TLS, ProxiedStack
from tests.support.proxy import DEPLOY
from tests.support.recording_upstream import FILE, FILE_BYTES, running_upstream

pytestmark = pytest.mark.needs("nginx")

#: A live page that nginx holds back until there is enough of it.
HELD_BACK = {"proxy_buffering off;": "proxy_buffering on; proxy_ignore_headers X-Accel-Buffering;"}


@pytest.fixture(scope="module")
def front(tmp_path_factory: pytest.TempPathFactory, database_kind: str) -> Iterator[ProxiedStack]:
    with proxied_stack.front_of(Nginx, tmp_path_factory.mktemp("nginx"), database_kind) as front:
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


# The same file in front of a small upstream that sees what nginx does.


def test_connections_are_kept_and_the_clients_address_is_nginxs_to_say(tmp_path: Path) -> None:
    proxy_checks.connections_are_kept_and_the_clients_address_is_the_proxys_to_say(Nginx, tmp_path)


def test_a_file_waits_for_its_reader_and_not_on_the_disk(tmp_path: Path) -> None:
    proxy_checks.a_file_waits_for_its_reader_and_not_on_the_disk(Nginx, tmp_path)


def test_with_buffering_on_a_file_would_lie_on_the_disk(tmp_path: Path) -> None:
    """The control: the test above can fail."""
    spoilt = {"proxy_max_temp_file_size 0;": "", "proxy_buffering off;": "proxy_buffering on;"}
    with (
        running_upstream() as upstream,
        proxy_checks.in_front(Nginx, tmp_path, upstream, spoilt) as nginx,
        httpx.stream("GET", nginx.url + FILE, verify=TLS, trust_env=False) as answer,
    ):
        pieces = answer.iter_raw(65536)  # held, so that the connection is
        assert next(pieces)
        eventually(lambda: upstream.sent == FILE_BYTES, seconds=30)
        assert nginx.on_disk != []


@pytest.mark.parametrize(("changes", "comes"), [(None, True), (HELD_BACK, False)])
def test_an_event_comes_though_the_answer_has_not_ended(
    tmp_path: Path, changes: dict[str, str] | None, comes: bool
) -> None:
    """Without buffering; with it (the control) it does not."""
    patience = 15 if comes else 2
    came = proxy_checks.an_event_comes_though_the_answer_has_not_ended(
        Nginx, tmp_path, changes, patience
    )
    assert came is comes


def test_who_leaves_a_live_page_is_let_go(tmp_path: Path) -> None:
    proxy_checks.who_leaves_a_live_page_is_let_go(Nginx, tmp_path)


def test_while_the_server_is_away_people_are_told_to_come_back_and_no_log_says_who(
    tmp_path: Path,
) -> None:
    logs = proxy_checks.while_the_server_is_away_people_are_told_to_come_back(Nginx, tmp_path)
    assert " GET 503 " in logs
    assert "the-secret" not in logs


def test_a_server_that_does_not_answer_is_away_and_no_log_says_to_whom(tmp_path: Path) -> None:
    short = {"proxy_read_timeout    75s;": "proxy_read_timeout 1s;"}
    assert "the-secret" not in proxy_checks.a_server_that_does_not_answer_is_away(
        Nginx, tmp_path, short
    )


def test_an_answer_that_breaks_off_does_and_no_log_says_whose(tmp_path: Path) -> None:
    assert "the-secret" not in proxy_checks.an_answer_that_breaks_off_does(Nginx, tmp_path)


def test_nginx_lets_an_idle_connection_go_before_the_server_does(tmp_path: Path) -> None:
    """Otherwise a request goes out on a connection that is being closed."""
    (kept,) = re.findall(
        r"^    keepalive_timeout (\d+)s;$", (DEPLOY / "nginx.conf").read_text(), re.M
    )
    assert int(kept) < proxy_checks.seconds_the_server_keeps_a_connection()
    short = {f"keepalive_timeout {kept}s;": "keepalive_timeout 1s;"}
    proxy_checks.an_idle_connection_is_given_up(Nginx, tmp_path, short)
