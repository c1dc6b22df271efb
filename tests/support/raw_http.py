"""Requests byte for byte as written: clients of libraries would put most of them right."""

import socket
from dataclasses import dataclass
from http.client import HTTPMessage, HTTPResponse
from urllib.parse import urljoin, urlsplit

__all__ = ["RawResponse", "send_request", "send_bytes"]


@dataclass(frozen=True)
class RawResponse:
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


def send_request(
    url: str,
    method: str,
    target: str,
    *,
    headers: dict[str, str] | None = None,
    body: bytes = b"",
) -> RawResponse:
    """One request to the server at `url`; the target goes out as it is."""
    named = {"Host": urlsplit(url).netloc, "Connection": "close", **(headers or {})}
    if body and "Transfer-Encoding" not in named:
        named.setdefault("Content-Length", str(len(body)))
    lines = [f"{method} {target} HTTP/1.1", *(f"{name}: {value}" for name, value in named.items())]
    head = "\r\n".join(lines).encode("utf-8", "surrogateescape") + b"\r\n\r\n"
    return send_bytes(url, head + body, method)


def send_bytes(url: str, sent: bytes, method: str = "POST") -> RawResponse:
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
            return RawResponse(answer.status, answer.headers, answer.read())
        except OSError:
            return RawResponse(0, HTTPMessage(), b"")
