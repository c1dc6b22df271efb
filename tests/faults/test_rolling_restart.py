"""Both hosts of a fleet are restarted in turn under load, and nobody's request fails.

A request fails when its answer does not come whole, or is a 5xx. A load balancer passes over a
host that refuses a connection; what a host has once accepted is that host's to answer.
"""

import threading
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import httpx

from tests.faults.conftest import Tell
from tests.support.eventually import eventually
from tests.support.fleet import Fleet
from tests.support.http_session import HttpSession
from tests.support.stack import Person
from tests.support.user_journey import submit_consent

Ask = Callable[[], int]
#: Between two requests of a client: room for those who restart.
PAUSE_SECONDS = 0.01


class Load:
    """Clients that ask one after the other, each time over a connection of its own."""

    def __init__(self) -> None:
        self.answers: Counter[str] = Counter()
        self._lock = threading.Lock()

    @contextmanager
    def by(self, *clients: Ask) -> Iterator[None]:
        over = threading.Event()

        def ask_on(ask: Ask) -> None:
            while not over.wait(PAUSE_SECONDS):
                self._count(ask)

        threads = [threading.Thread(target=ask_on, args=(each,)) for each in clients]
        for each in threads:
            each.start()
        try:
            yield
        finally:
            over.set()
            for each in threads:
                each.join()

    def _count(self, ask: Ask) -> None:
        try:
            answer = str(ask())
        except httpx.HTTPError as error:
            answer = type(error).__name__
        with self._lock:
            self.answers[answer] += 1


def page_of(browser: HttpSession, path: str) -> Ask:
    return lambda: browser.get(path, headers={"Connection": "close"}).status


def notices_to(fleet: Fleet, browser: HttpSession) -> Ask:
    def tell() -> int:
        return browser.client.post(
            f"{fleet.stack.public_url}/webhooks/mobbscan",
            json={"verificationId": str(uuid.uuid4()), "status": "VERIFIED"},
            headers={**fleet.stack.webhook_headers, "Connection": "close"},
        ).status_code

    return tell


def kept_by(fleet: Fleet) -> int:
    return int(fleet.stack.rows("SELECT count(*) AS n FROM inbox")[0]["n"])


def test_a_rolling_restart_under_load_fails_no_request(fleet: Fleet, tell: Tell) -> None:
    stack = fleet.stack
    walk = submit_consent(stack, *stack.login_handoff(Person("ada", "Ada Lovelace", "en")))
    tab = stack.http_session()
    tab.cookies.update(walk.browser.cookies)
    load, kept = Load(), kept_by(fleet)
    clients = [
        page_of(walk.browser, "/"),
        page_of(tab, f"{walk.path}/status"),
        *(notices_to(fleet, stack.http_session()) for _ in range(2)),
    ]
    with load.by(*clients):
        for host in fleet.hosts:
            sofar = load.answers.total()
            eventually(lambda sofar=sofar: load.answers.total() > sofar + 50, seconds=60)
            host.stop()
            host.start()
    tell(f"{load.answers.total()} requests: {dict(load.answers)}")
    assert set(load.answers) == {"200", "204"}, load.answers
    assert kept_by(fleet) == kept + load.answers["204"], "each acknowledged notice is there"
