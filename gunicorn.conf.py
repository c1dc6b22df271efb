"""How this server runs under gunicorn; also read by a bare `gunicorn wsgi:app`."""

import os
import threading

from webapp.logs import configuration

wsgi_app = "wsgi:app"
bind = "127.0.0.1:8000"
worker_class = "gthread"
workers = int(os.environ.get("WEB_CONCURRENCY", "2"))
# A thread is held by every browser that waits on a live page.
threads = 64
# Idle connections of browsers must not keep a thread; longer than a proxy's own keep-alive.
keepalive = 65
# A live page's stream ends by itself when the worker is told to stop (below).
graceful_timeout = 10
timeout = 60
preload_app = (
    False  # connections and threads are made after the fork, and SIGHUP reads settings anew
)
# Ours are the request lines that hold no address; gunicorn's would hold references and tokens.
accesslog = None
logconfig_dict = configuration(os.environ.get("LOG_LEVEL", "INFO").upper())
control_socket_disable = True
# Forwarded headers are believed from nobody here: PUBLIC_URL says what is true.
forwarded_allow_ips = ""
limit_request_line = 8190


def post_worker_init(worker):
    """End the live streams as soon as the worker is to stop: otherwise they hold it up."""
    watcher = worker.wsgi.extensions["wired"].watcher

    def end_with_worker():
        while worker.alive:
            threading.Event().wait(0.1)
        watcher.close()

    threading.Thread(target=end_with_worker, name="stream-ender", daemon=True).start()
