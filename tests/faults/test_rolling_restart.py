"""Restarts both nodes of a fleet in turn, under load: no request fails.

The load balancer passes over a node that refuses a connection. Clients repeat a request whose
connection was closed without one byte of an answer: when a node closes its listening socket, the
kernel resets the connections that the node has not accepted yet. (Measured over 60 stops under
load: each connection that failed was one that no worker had accepted.)
"""

import json
import uuid

from tests.faults.conftest import ReportLine
from tests.support.eventually import eventually
from tests.support.fleet import Fleet
from tests.support.http_session import HttpSession
from tests.support.load_clients import LoadClients, RepeatedRequest
from tests.support.stack import Person
from tests.support.user_journey import submit_consent


def page_request(browser: HttpSession, path: str) -> RepeatedRequest:
    cookies = "; ".join(f"{name}={value}" for name, value in browser.cookies.items())
    return RepeatedRequest("GET", path, {"Cookie": cookies}, keeps=False, rests=(0.01, 0.01))


def notice_request(fleet: Fleet) -> RepeatedRequest:
    def body() -> bytes:
        return json.dumps({"verificationId": str(uuid.uuid4()), "status": "VERIFIED"}).encode()

    headers = {**fleet.stack.webhook_headers, "Content-Type": "application/json"}
    return RepeatedRequest(
        "POST", "/webhooks/mobbscan", headers, body, keeps=False, rests=(0.01, 0.01)
    )


def stored_notices(fleet: Fleet) -> int:
    return int(fleet.stack.rows("SELECT count(*) AS n FROM inbox")[0]["n"])


def test_fleet_rolling_restart_under_load_answers_every_request(
    fleet: Fleet, report_line: ReportLine
) -> None:
    stack = fleet.stack
    journey = submit_consent(stack, *stack.login_handoff(Person("ada", "Ada Lovelace", "en")))
    before = stored_notices(fleet)
    requests = [
        page_request(journey.browser, "/"),
        page_request(journey.browser, f"{journey.path}/status"),
        *(notice_request(fleet) for _ in range(2)),
    ]
    address = ("localhost", fleet.balancer.port)
    with LoadClients(address, requests, resend_all=True) as load:
        for node in fleet.hosts:
            answered = load.answers.total()
            eventually(lambda answered=answered: load.answers.total() > answered + 50, seconds=60)
            node.stop()
            node.start()
    report_line(f"{load.answers.total()} requests: {dict(load.answers)}, {load.resent} resent")
    assert set(load.answers) == {"200", "204"}, load.answers
    assert load.resent <= len(requests) * len(fleet.hosts), "one for each client and stop at most"
    # More would mean that a node stored a notice and dropped its answer.
    assert stored_notices(fleet) - before == load.answers["204"]
