"""A host site and this server for `doctor embed`, on real ports."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

Headers = list[tuple[str, str]]


@dataclass
class Answer:
    body: bytes = b""
    headers: Headers = field(default_factory=list)
    status: int = 200


@dataclass
class WebServer:
    """Answers each path by `answers`, others 404; `requests` are (method, path, cookie)."""

    url: str = ""
    answers: dict[str, Answer] = field(default_factory=dict)
    requests: list[tuple[str, str, str]] = field(default_factory=list)


@contextmanager
def web_server() -> Iterator[WebServer]:
    seen = WebServer()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            cookie = self.headers.get("Cookie", "")
            seen.requests.append((self.command, self.path, cookie))
            answer = seen.answers.get(self.path, Answer(status=404))
            self.send_response(answer.status)
            for name, value in answer.headers:
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(answer.body)))
            self.end_headers()
            self.wfile.write(answer.body)

        def do_POST(self) -> None:
            self.do_GET()

        def log_message(self, *_: object) -> None:
            """Log nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    seen.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield seen
    server.shutdown()
    thread.join()
    server.server_close()


def our_answers(host: str) -> dict[str, Answer]:
    """What this server answers at the addresses of the element."""
    script: Headers = [
        ("Content-Type", "text/javascript; charset=utf-8"),
        ("Access-Control-Allow-Origin", "*"),
        ("Cross-Origin-Resource-Policy", "cross-origin"),
    ]
    frame: Headers = [
        ("Content-Security-Policy", f"default-src 'none'; frame-ancestors {host}"),
        ("Permissions-Policy", "camera=(self), geolocation=()"),
    ]
    return {
        "/static/embed-v1.js": Answer(b"export {};", script),
        "/embed/shop": Answer(b"<main></main>", frame),
    }
