"""Sends HTTP requests byte by byte; client libraries would correct malformed ones."""

import socket
from dataclasses import dataclass
from http.client import HTTPMessage, HTTPResponse
from urllib.parse import urljoin, urlsplit

__all__ = ["RawResponse", "send_request", "send_bytes"]


@dataclass(frozen=True)
class RawResponse:
    """A response; `status` 0 means that the connection was closed without one."""

    status: int
    headers: HTTPMessage
    body: bytes

    @property
    def location(self) -> str:
        return self.headers.get("Location") or ""

    def redirect_target(self, public_url: str) -> str:
        """Return the target of a redirect without its query, or an empty text."""
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
    """Send one request to the server at `url`, with the target as given."""
    named = {"Host": urlsplit(url).netloc, "Connection": "close", **(headers or {})}
    if body and "Transfer-Encoding" not in named:
        named.setdefault("Content-Length", str(len(body)))
    lines = [f"{method} {target} HTTP/1.1", *(f"{name}: {value}" for name, value in named.items())]
    head = "\r\n".join(lines).encode("utf-8", "surrogateescape") + b"\r\n\r\n"
    return send_bytes(url, head + body, method)


def send_bytes(url: str, sent: bytes, method: str = "POST") -> RawResponse:
    """Send these bytes, shut down the sending side and read the response."""
    address = urlsplit(url)
    with socket.create_connection(
        (address.hostname or "", address.port or 80), timeout=20
    ) as connection:
        try:
            connection.sendall(sent)
            connection.shutdown(socket.SHUT_WR)
        except OSError:
            pass  # already refused; the response may be readable
        answer = HTTPResponse(connection, method=method)
        try:
            answer.begin()
            return RawResponse(answer.status, answer.headers, answer.read())
        except OSError:
            return RawResponse(0, HTTPMessage(), b"")
