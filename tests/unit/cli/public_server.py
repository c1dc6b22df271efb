"""A fake of the server at PUBLIC_URL, on a real port."""

import ssl
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType

from webapp import proxy_check

SERVER_HEADERS = {
    "Request-Id": "0" * 32,
    "Content-Security-Policy": "default-src 'none'",
    "Permissions-Policy": "camera=()",
    "X-Frame-Options": "DENY",
}


class PublicServer:
    """Answers like the server; its attributes change the answers."""

    def __init__(self) -> None:
        self.status = 200
        self.body = b"ok\n"
        self.webhook_status = 401
        self.secret_key = ""
        self.headers = list(SERVER_HEADERS.items())
        self.asked: list[str] = []
        #: Entries of X-Forwarded-For that arrive; None: it does not answer the proxy check.
        self.forwarded_entries: int | None = None
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> "PublicServer":
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.shutdown()
        self._server.server_close()

    def enable_tls(self, certificate: Path, key: Path) -> None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True)

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        public = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self._answer(public.status, public.body)

            def do_POST(self) -> None:
                self.rfile.read(int(self.headers.get("Content-Length", 0)))
                self._answer(public.webhook_status, b"")

            def _answer(self, status: int, body: bytes) -> None:
                public.asked.append(f"{self.command} {self.path}")
                self.send_response(status)
                question = self.headers.get(proxy_check.QUESTION_HEADER, "")
                is_asked = proxy_check.is_question(question, [public.secret_key])
                if public.forwarded_entries is not None and is_asked:
                    self.send_header(proxy_check.ANSWER_HEADER, str(public.forwarded_entries))
                for name, value in public.headers:
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                """Quiet."""

        return Handler
