"""Plain secrets and personal data appear in no log and no database file."""

import base64
import json
import re
import socket
from pathlib import Path
from urllib.parse import quote, urlsplit

import httpx

from tests.support.eventually import eventually
from tests.support.message_receiver import SECRET, MessageReceiver, Response
from tests.support.stack import Person, Stack
from tests.support.stack_fixtures import FLOWS, NewStack
from tests.support.user_journey import (
    UserJourney,
    force_outcome,
    log_in_by_handoff,
    send_notice,
    start_onboarding,
    submit_consent,
)

# Not only ASCII: JSON, URLs and databases encode it in different ways.
MARK = "Zoë-Quillfeather"

_RAW = MARK.encode()
_HOST = b"Host: localhost\r\n"
#: Requests that gunicorn refuses before it calls the application.
MALFORMED = [
    b"GET /return/" + _RAW + b" HTTP/1.1\r\n" + _HOST + b"\r\n",
    b"GET /return/" + _RAW + b" and more HTTP/1.1\r\n" + _HOST + b"\r\n",
    b"G(T /return/" + _RAW + b" HTTP/1.1\r\n\r\n",
    b"GET /return/" + _RAW + b" HTTP/7.7\r\n\r\n",
    b"GET http://localhost/return/" + _RAW + b" HTTP/1.1\r\n" + _HOST + b"\r\n",
    b"GET http://[" + _RAW + b"/ HTTP/1.1\r\n" + _HOST + b"\r\n",
    b"GET //[" + _RAW + b"/ HTTP/1.1\r\n" + _HOST + b"\r\n",
    b"GET / HTTP/1.1\r\nBad Header " + _RAW + b": 1\r\n\r\n",
    b"GET / HTTP/1.1\r\nCookie: a=\x00" + _RAW + b"\r\n\r\n",
    b"GET / HTTP/1.1\r\nContent-Length: " + _RAW + b"\r\n\r\n",
    b"GET / HTTP/1.1\r\nTransfer-Encoding: " + _RAW + b"\r\n\r\n",
    b"GET / HTTP/1.1\r\nExpect: " + _RAW + b"\r\n\r\n",
    b"POST /handoff HTTP/1.1\r\n" + _HOST + b"Transfer-Encoding: chunked\r\n\r\n" + _RAW,
    b"GET /" + _RAW + b"x" * 9000 + b" HTTP/1.1\r\n\r\n",
]


def encodings(secret: str) -> set[bytes]:
    """Return the secret plain and in base64 (at each offset), hexadecimal, URL and JSON form."""
    raw = secret.encode()
    found = {raw, raw.hex().encode(), raw.hex().upper().encode(), quote(secret, safe="").encode()}
    found |= {json.dumps(secret, ensure_ascii=ascii_only)[1:-1].encode() for ascii_only in (0, 1)}
    for lead in range(3):
        for encode in (base64.b64encode, base64.urlsafe_b64encode):
            # The first and last characters also depend on the neighbouring bytes.
            found.add(encode(b"\0" * lead + raw)[-(-lead * 8 // 6) : -4].rstrip(b"="))
    return {each for each in found if len(each) >= 8}


def found_in(text: bytes, secrets: dict[str, str]) -> list[str]:
    return [
        name for name, secret in secrets.items() if any(each in text for each in encodings(secret))
    ]


def test_found_in_detects_each_encoding() -> None:
    secret = {"secret": MARK}
    raw = MARK.encode()
    for text in (
        raw,
        b"xx" + raw.hex().encode(),
        json.dumps({"a": MARK}).encode(),
        f"?name={quote(MARK)}".encode(),
        *(base64.b64encode(b"{" * lead + raw + b"}}") for lead in range(5)),
        *(base64.urlsafe_b64encode(b"{" * lead + raw + b"}") for lead in range(5)),
    ):
        assert found_in(text, secret) == ["secret"], text
    assert found_in(b"Zoe Quillfeather", secret) == []


def test_logs_and_database_hold_no_plain_secret(
    new_stack: NewStack,
) -> None:
    with MessageReceiver() as receiver:
        receiver.respond = lambda _received: Response(500, body=MARK.encode())
        site = {
            "webhook_url": receiver.url,
            "webhook_secrets": [SECRET],
            "allow_private_webhook": True,
        }
        environment = {"LOG_LEVEL": "DEBUG"}
        stack = new_stack(environment=environment, site=site, tables=FLOWS, leave_out=("shop",))
        _plant_and_search(stack, receiver)


def _plant_and_search(stack: Stack, receiver: MessageReceiver) -> None:
    zoe = Person(f"subject-{MARK}", f"Name {MARK}", "en")
    token = stack.handoff_token(
        zoe, state=f"state-{MARK}", return_url=f"{stack.shop_url}/account/{quote(MARK)}"
    )
    browser = stack.http_session()
    home = browser.get("/handoff", params={"token": token})
    walk = submit_consent(stack, browser, home)
    secrets = {
        "mark": MARK,
        "hand-off": token,
        "hosted address": walk.hosted_url,
        "onboarding token": walk.process["onboarding_token"],
        "return reference": walk.return_url.rpartition("/")[2],
        "cookie": browser.cookies["mobbscan"],
        "webhook secret": SECRET,
        **{
            name: stack.instance.secret(name)
            for name in ("api_secret", "secret_key", "handoff_key", "oidc_client_secret")
        },
        "webhook header": next(iter(stack.webhook_headers.values())),
    }
    _cause_log_lines(stack, walk, token)
    secrets |= _call_the_api(stack)
    _decide_by_api(stack)
    secrets["second cookie"] = _log_in_another_user(stack)
    secrets |= _verify_in_the_frame(stack)

    eventually(lambda: "onboarding.rejected" in receiver.types())
    eventually(lambda: b"message_attempt_failed" in stack.logs("server").encode())

    log = stack.logs("server").encode()
    assert b'"request"' in log, "the log is not empty"
    assert log.count(b'"request_not_understood"') > 5, "malformed requests were logged"
    assert found_in(log, secrets) == []
    stored = list(stack.stored())
    assert any(walk.id.encode() in kept for _, kept in stored), "the database is not empty"
    assert [name for name, kept in stored if found_in(kept, secrets)] == []
    assert {_mode(stack.instance.state)} == {0o700}


def _cause_log_lines(stack: Stack, walk: UserJourney, token: str) -> None:
    """Cause errors too: their messages may quote input."""
    browser = walk.browser
    walk.come_back(MARK)
    home = browser.get("/")
    browser.submit(home, home.form("/onboardings"))
    force_outcome(
        stack,
        walk.id,
        "fails",
        reason=f"because of {MARK}",
        document={"documentNumber": MARK, "name": MARK, "mrz": MARK},
    )
    walk.until("rejected")
    stack.http_session().get("/handoff", params={"token": token})
    stack.http_session().get("/handoff", params={"token": token + MARK})
    for path in (f"/return/{MARK}", f"/{MARK}", f"/onboardings/{MARK}", f"/login?site={MARK}"):
        browser.get(path)
    browser.get(f"/login/callback?code={MARK}&state={MARK}&error={MARK}")
    browser.post("/onboardings", {"flow": MARK, "csrf_token": MARK})
    browser.client.post(
        f"{stack.server_url}/webhooks/mobbscan",
        content=f'{{"verificationId": "{walk.id}", "status": "NEW_WORD", "name": "{MARK}"}}',
        headers={**stack.webhook_headers, "Content-Type": "application/json"},
    )
    send_notice(stack, walk.id, "VERIFIED", Authorization=f"Bearer {quote(MARK)}")
    stack.command("onboardings", "reconcile", walk.id)
    for malformed in MALFORMED:
        _send_raw(stack, malformed)


def _call_the_api(stack: Stack) -> dict[str, str]:
    """Plant values in every field and header of the API; return the secrets of the calls."""
    key, wrong = stack.instance.secret("shop_api_key"), f"wrong-key-{quote(MARK)}"
    repeated = f"repeat-{quote(MARK)}"
    body = {
        "subject": f"api-subject-{MARK}",
        "return_url": f"{stack.shop_url}/account/{quote(MARK)}",
        "metadata": {"order": f"metadata {MARK}"},
        "extra_data": {"campaign": f"extra data {MARK}"},
        "expected": {"name": f"expected {MARK}", "document_number": MARK, "surname": MARK},
    }
    with httpx.Client(
        base_url=f"{stack.public_url}/api/v1",
        headers={"Authorization": f"Bearer {key}", "Idempotency-Key": repeated},
        trust_env=False,
        timeout=30,
    ) as api:
        made = api.post("/onboardings", json=body)
        assert made.status_code == 201
        assert api.post("/onboardings", json=body).headers["Idempotent-Replayed"] == "true"
        refused = [
            api.post("/onboardings", json={"subject": MARK}),
            api.post("/onboardings", json={MARK: MARK, "country": MARK}),
            api.post("/onboardings", content=MARK.encode()),
            api.get("/onboardings", params={MARK: MARK, "cursor": MARK}),
            api.get(f"/subjects/{quote(MARK)}"),
            api.get(f"/{quote(MARK)}"),
            api.get("/onboardings", headers={"Authorization": f"Bearer {wrong}"}),
        ]
        assert all(400 <= each.status_code < 500 for each in refused)
        assert [each.text for each in refused if found_in(each.content, {"mark": MARK})] == []
        answer = made.json()
        api.get("/onboardings", params={"subject": body["subject"]})
        api.post(f"/onboardings/{answer['id']}/cancel", headers={"Idempotency-Key": f"{repeated}2"})
    link = answer["link"].rpartition("/")[2]
    return {
        "API key": key,
        "wrong API key": wrong,
        "Idempotency-Key": repeated,
        "one-time link": link,
        "signed result": answer["result"],
    }


def _decide_by_api(stack: Stack) -> None:
    """Plant values in comments, corrections and the gateway's data; read that data."""
    corrections = {name: f"{name} {MARK}"[:60] for name in ("name", "address", "mrz", "curp")}
    bodies = {
        "accept": {"personal_data": corrections},
        "reject": {"comment": f"comment {MARK}", "reason": "underage"},
        "review": {"personal_data": corrections},
    }
    with stack.api() as api:
        for kind, body in bodies.items():
            walk = start_onboarding(stack, stack.person(f"Name {MARK}"), flow="decided")
            walk.finish("validation")
            walk.until("deciding")
            refused = [
                api.post(f"{walk.path}/{kind}", json={**body, MARK: MARK}),
                api.post(f"{walk.path}/{kind}", json={"personal_data": {MARK: MARK}}),
                api.post(f"{walk.path}/{kind}", json={**body, "version": 99}),
            ]
            answers = [
                api.post(f"{walk.path}/{kind}", json=body, headers={"Idempotency-Key": walk.id}),
                api.get(f"{walk.path}/decision"),
                api.get(f"{walk.path}/timeline"),
            ]
            assert [each.status_code for each in answers] == [200, 200, 200]
            for each in (*refused, *answers[1:]):
                assert found_in(each.content, {"mark": MARK}) == []
            if kind != "reject":
                assert found_in(api.get(f"{walk.path}/data").content, {"mark": MARK}) == ["mark"]


def _send_raw(stack: Stack, raw: bytes) -> None:
    """Send raw bytes and read the response to its end."""
    address = urlsplit(stack.server_url)
    assert address.hostname
    with socket.create_connection((address.hostname, address.port), timeout=20) as connection:
        connection.sendall(raw)
        connection.shutdown(socket.SHUT_WR)
        while connection.recv(65536):
            pass


def _log_in_another_user(stack: Stack) -> str:
    person = stack.person(f"Name {MARK}")
    browser, _ = stack.login_oidc(person.sub)
    log_in_by_handoff(stack, person)
    return browser.cookies["mobbscan"]


def _verify_in_the_frame(stack: Stack) -> dict[str, str]:
    """Walk through the routes of the frame, also with wrong input; return their secrets."""
    token = stack.handoff_token(stack.person(f"Name {MARK}"), state=f"frame-state-{MARK}")
    wrong = f"wrong-bearer-{quote(MARK)}"
    # As in the frame, the browser states our own origin.
    with httpx.Client(
        base_url=f"{stack.public_url}/embed/shop",
        headers={"Origin": stack.public_url},
        trust_env=False,
        timeout=30,
        follow_redirects=True,
    ) as frame:
        opened = frame.post("/session", data={"token": token})
        assert opened.status_code == 200
        bearer = opened.json()["bearer"]
        for refused in (token, f"{token}{MARK}", MARK):
            assert frame.post("/session", data={"token": refused}).status_code == 401
        assert frame.get("/onboardings", headers={"Authorization": wrong}).status_code == 401
        frame.headers["Authorization"] = f"Bearer {wrong}"
        assert frame.get("/onboardings", params={"bearer": bearer}).status_code == 401
        frame.headers["Authorization"] = f"Bearer {bearer}"
        started = frame.post("/onboardings", data={"consent": "yes"})
        assert started.status_code == 200
        assert "/onboardings/" in started.url.path
        assert frame.get(f"/onboardings/{quote(MARK)}").status_code == 404
        frame.post("/onboardings", data={"flow": MARK})
        linked = frame.post("/links")
        assert linked.status_code == 200
        link = re.search(r'/l/([^"]+)"', linked.text)
        assert link
        assert frame.post("/report", json={"code": MARK, MARK: bearer}).status_code >= 400
        assert frame.post("/end").status_code == 204
        assert frame.get("/onboardings").status_code == 401
    return {
        "token of the element": token,
        "bearer of the frame": bearer,
        "wrong bearer": wrong,
        "link of the frame": link[1],
    }


def _mode(path: Path) -> int:
    return path.stat().st_mode & 0o777
