"""Requests byte for byte as written: clients of libraries would put most of them right."""

import socket
from dataclasses import dataclass
from http.client import HTTPMessage, HTTPResponse
from urllib.parse import urljoin, urlsplit

__all__ = ["Answer", "ask", "deliver"]


@dataclass(frozen=True)
class Answer:
    """What came back; `status` 0 is a connection that ended without a word."""

    status: int
    headers: HTTPMessage
    body: bytes

    @property
    def location(self) -> str:
        return self.headers.get("Location") or ""

    def leads(self, public_url: str) -> str:
        """Where a redirect leads, without what differs each time; else nothing."""
        if not 300 <= self.status < 400:
            return ""
        return urljoin(public_url, self.location).partition("?")[0]


def ask(
    url: str,
    method: str,
    target: str,
    *,
    headers: dict[str, str] | None = None,
    body: bytes = b"",
) -> Answer:
    """One request to the server at `url`; the target goes out as it is."""
    named = {"Host": urlsplit(url).netloc, "Connection": "close", **(headers or {})}
    if body and "Transfer-Encoding" not in named:
        named.setdefault("Content-Length", str(len(body)))
    lines = [f"{method} {target} HTTP/1.1", *(f"{name}: {value}" for name, value in named.items())]
    head = "\r\n".join(lines).encode("utf-8", "surrogateescape") + b"\r\n\r\n"
    return deliver(url, head + body, method)


def deliver(url: str, sent: bytes, method: str = "POST") -> Answer:
    """Send these bytes, say no more, and read the answer."""
    where = urlsplit(url)
    with socket.create_connection((where.hostname or "", where.port or 80), timeout=20) as line:
        try:
            line.sendall(sent)
            line.shutdown(socket.SHUT_WR)
        except OSError:
            pass  # it has refused already; the answer may still be there
        answer = HTTPResponse(line, method=method)
        try:
            answer.begin()
            return Answer(answer.status, answer.headers, answer.read())
        except OSError:
            return Answer(0, HTTPMessage(), b"")
