"""gunicorn configuration and application with the server's worker, few threads and short limits."""

import time
from collections.abc import Iterable
from wsgiref.types import StartResponse, WSGIEnvironment

from webapp.server import worker

#: Larger than the socket buffers of both sides.
LARGE = b"x" * 16_000_000
#: In place of the worker's ten seconds for a whole request.
REQUEST_SECONDS = 2.0


class ShortTimeoutWorker(worker.EmbedWorker):
    send_timeout_seconds = 2.0


def app(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    body = LARGE if environ["PATH_INFO"] == "/large" else b"ok\n"
    environ["wsgi.input"].read()
    if environ["PATH_INFO"] == "/slow":
        time.sleep(REQUEST_SECONDS + 1.5)  # murder_pending runs once a second
    start_response("200 OK", [("Content-Length", str(len(body)))])
    return [body]


def post_worker_init(_worker: object) -> None:
    assert worker.REQUEST_TIMEOUT_SECONDS > REQUEST_SECONDS
    worker.REQUEST_TIMEOUT_SECONDS = REQUEST_SECONDS


wsgi_app = "tests.support.short_timeout_worker:app"
worker_class = "tests.support.short_timeout_worker.ShortTimeoutWorker"
threads = 4
keepalive = 65
control_socket_disable = True
