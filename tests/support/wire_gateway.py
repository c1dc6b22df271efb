"""A gateway whose answers a test writes byte by byte; a server with it and without a sandbox."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx

from tests.support.eventually import eventually
from tests.support.http_session import HttpSession, Page
from tests.support.stack import Stack

JSON = "application/json"
#: A rejection reason that the site maps to `document_expired`.
REASON = "El documento caducó en ESPAÑA"


@dataclass(frozen=True)
class Answer:
    """The response to one call."""

    body: bytes
    status: int = 200
    media_type: str = JSON


def json_answer(status: int = 200, /, **members: object) -> Answer:
    return Answer(json.dumps(members).encode(), status)


@dataclass
class WireGateway:
    """`process_data` maps the id of a process to its data; `create` answers the create call.

    `other_calls` answers further calls by their paths.
    """

    url: str = ""
    process_data: dict[str, Answer] = field(default_factory=dict)
    create: Callable[[str], Answer] | None = None
    other_calls: dict[str, Callable[[], Answer]] = field(default_factory=dict)
    calls: list[tuple[str, str]] = field(default_factory=list)
    created: list[str] = field(default_factory=list)

    def created_answer(self, scan_id: str, url: str | None = None) -> Answer:
        url = f"{self.url}/onboarding/{scan_id}" if url is None else url
        return json_answer(scanId=scan_id, onboardingToken="t" * 36, url=url)

    def answer(self, method: str, path: str, body: bytes) -> Answer:
        self.calls.append((method, path))
        if path == "/auth/token":
            return json_answer(accessToken="token", expiresIn=86400)
        if path == "/onboarding":
            return self._create(json.loads(body)["scanId"])
        call, _, scan_id = path.rpartition("/")
        if call == "/mobbscan-agent/getVerificationProcessData":
            default = json_answer(scanId=scan_id, verificationResult=None)
            return self.process_data.get(scan_id, default)
        other = self.other_calls.get(path)
        return other() if other else Answer(b"{}", 404)

    def _create(self, scan_id: str) -> Answer:
        if scan_id in self.created:
            return json_answer(400, description="already used")
        self.created.append(scan_id)
        return self.create(scan_id) if self.create else self.created_answer(scan_id)


@contextmanager
def running_wire_gateway() -> Iterator[WireGateway]:
    """Run the gateway on a free port of this process."""
    gateway = WireGateway()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def handle_one_request(self) -> None:
            self.do_GET = self.do_POST = self.do_DELETE = self._answer
            super().handle_one_request()

        def _answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            answer = gateway.answer(self.command, self.path, body)
            self.send_response(answer.status)
            self.send_header("Content-Type", answer.media_type)
            self.send_header("Content-Length", str(len(answer.body)))
            self.end_headers()
            self.wfile.write(answer.body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    gateway.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield gateway
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class WireStack(Stack):
    """A server whose gateway is a `WireGateway`; users sign in by hand-off."""

    def __init__(self, folder: Path, gateway: WireGateway, **options: Any) -> None:
        given = options.pop("environment", {})
        environment = {
            "MOBBSCAN_GATEWAY_URL": gateway.url,
            "OIDC_ISSUER": None,
            "OIDC_CLIENT_ID": None,
            "OIDC_CLIENT_SECRET": None,
            "RECONCILE_AFTER": "1s",
            "WEB_CONCURRENCY": "1",
            **given,
        }
        super().__init__(
            folder,
            environment=environment,
            site={"oidc": False},
            flow={"reason_map": {REASON: "document_expired"}},
            leave_out=("gateway", "provider", "shop"),
            **options,
        )
        self.gateway = gateway

    def sign_in(self, sub: str) -> tuple[HttpSession, Page]:
        """Sign in by a hand-off; return the session and the home page."""
        browser, home = self.login_handoff(sub)
        assert home.status == 200, home
        return browser, home

    def begin(self, sub: str) -> "WireOnboarding":
        """Sign in and start an onboarding; the hosted page must be in the frame."""
        browser, home = self.sign_in(sub)
        page = browser.submit(home, home.form("/onboardings"))
        assert page.frames, page
        return WireOnboarding(self, browser, page.path.rpartition("/")[2])

    def notify(
        self, body: bytes, path: str = "/webhooks/mobbscan", **headers: str
    ) -> httpx.Response:
        """Post a notice with the agreed headers."""
        return httpx.post(
            f"{self.server_url}{path}",
            content=body,
            headers={"Content-Type": JSON, **self.webhook_headers, **headers},
            trust_env=False,
            timeout=30,
            verify=False,
        )

    def notices(self, process_id: str) -> list[dict[str, Any]]:
        """Return the stored notices about a process, as `notices list` shows them."""
        listed = self.command("notices", "list", "--json", "--limit", "500")
        assert listed.returncode == 0, listed.stderr
        rows: list[dict[str, Any]] = json.loads(listed.stdout)
        return [row for row in rows if process_id in ("", row["verification_id"])]

    def noticed_ids(self) -> set[str]:
        """Return the ids of all processes with a stored notice."""
        return {row["verification_id"] for row in self.notices("")}

    def set_environment(self, **changes: str) -> None:
        """Change the settings of the server's next start and of commands."""
        environment = self.children.by_name["server"].program.environment
        assert isinstance(environment, dict)
        environment.update(changes)

    def readyz(self) -> dict[str, Any]:
        """Return the readiness with its words, as operators see it."""
        token = self.instance.secret("operations_token")
        answer = httpx.get(
            f"{self.server_url}/readyz",
            headers={"Authorization": f"Bearer {token}"},
            trust_env=False,
            timeout=30,
        )
        seen: dict[str, Any] = answer.json()
        return seen


@dataclass
class WireOnboarding:
    """A user's browser with an onboarding that is open at the gateway."""

    stack: WireStack
    browser: HttpSession
    id: str

    @property
    def status(self) -> dict[str, Any]:
        url = f"{self.stack.public_url}/onboardings/{self.id}/status"
        answer: dict[str, Any] = self.browser.get(url).response.json()
        return answer

    @property
    def shown(self) -> dict[str, Any]:
        """The onboarding as `onboardings show` prints it."""
        printed = self.stack.command("onboardings", "show", self.id)
        assert printed.returncode == 0, printed.stderr
        shown: dict[str, Any] = json.loads(printed.stdout)
        return shown

    def page(self) -> Page:
        return self.browser.get(f"{self.stack.public_url}/onboardings/{self.id}")

    def answer(self, answer: Answer) -> None:
        """Set the answer to the next polls, and make one due by a notice."""
        self.stack.gateway.process_data[self.id] = answer
        body = json.dumps({"verificationId": self.id, "status": "VERIFIED"}).encode()
        assert self.stack.notify(body).status_code == 204

    def until(self, status: str, seconds: float = 30) -> dict[str, Any]:
        return eventually(
            lambda: seen if (seen := self.status)["status"] == status else None, seconds=seconds
        )
