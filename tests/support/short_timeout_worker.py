"""gunicorn's settings for our worker with few threads and little patience, and an app for it."""

from collections.abc import Iterable
from wsgiref.types import StartResponse, WSGIEnvironment

from webapp.server.worker import EmbedWorker

#: Much more than the systems of both sides keep of a connection.
LARGE = b"x" * 16_000_000


class ShortTimeoutWorker(EmbedWorker):
    send_timeout_seconds = 3.0


def app(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    body = LARGE if environ["PATH_INFO"] == "/large" else b"ok\n"
    start_response("200 OK", [("Content-Length", str(len(body)))])
    return [body]


wsgi_app = "tests.support.short_timeout_worker:app"
worker_class = "tests.support.short_timeout_worker.Impatient"
threads = 4
keepalive = 65
control_socket_disable = True
