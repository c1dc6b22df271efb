"""How this server runs under gunicorn; also read by a bare `gunicorn wsgi:app`."""

import contextlib
import gc
import os
import sys
import threading

from webapp.config.current import renew
from webapp.config.settings import SettingsError
from webapp.logs import configuration
from webapp.observability import multiprocess
from webapp.server.file_limit import raise_file_limit
from webapp.store.errors import StoreError
from webapp.wiring import prepare_database

try:
    settings = renew()
except SettingsError as wrong:
    sys.exit(str(wrong))
os.umask(0o077)  # whatever is made here is for its owner only, databases above all

wsgi_app = "wsgi:app"
bind = "127.0.0.1:8000"
worker_class = "webapp.server.worker.EmbedWorker"
workers = settings.web_concurrency
threads = 64
# Browsers that wait on live pages hold an open file each, and no thread.
worker_connections = min(1000, raise_file_limit() // 4)
# Idle connections of browsers must not keep a thread; longer than a proxy's own keep-alive.
keepalive = 65
# Live pages do not hold up the end of a worker (below).
graceful_timeout = 10
timeout = 60
preload_app = (
    False  # connections and threads are made after the fork, and SIGHUP reads settings anew
)
# Ours are the request lines that hold no address; gunicorn's would hold references and tokens.
accesslog = None
logconfig_dict = configuration(settings.log_level)
control_socket_disable = True
# Forwarded headers are believed from nobody here: PUBLIC_URL says what is true.
forwarded_allow_ips = ""
limit_request_line = 8190


def on_starting(server):
    """The database first: no worker comes up on one that it does not know."""
    try:
        prepare_database(settings)
    except StoreError as wrong:
        sys.exit(f"Error: {wrong}")
    if not server.master_pid:  # one that takes over from another has the other's workers beside it
        multiprocess.begin_anew(settings.instance_dir, multiprocess.WEB)


def post_fork(server, _worker):
    """Before the worker loads anything that counts."""
    if not multiprocess.count_in(settings.instance_dir, multiprocess.WEB):
        server.log.warning("metrics are not shared: there is no room in INSTANCE_DIR")


def child_exit(_server, worker):
    with contextlib.suppress(OSError):  # else the server would end, for a number that is too high
        multiprocess.ended(settings.instance_dir, multiprocess.WEB, worker.pid)


def post_worker_init(worker):
    """Tell waiting browsers to come again as soon as the worker is to stop."""

    def end_with_worker():
        worker.stopping.wait()
        _followed(worker).close(wait_seconds=0)

    threading.Thread(target=end_with_worker, name="stream-ender", daemon=True).start()


def worker_exit(_server, worker):
    """All of them are to hear it."""
    if worker.booted:
        _followed(worker).close(wait_seconds=2)
    # Python's last look for garbage takes half a second of processor, just when new workers start.
    gc.freeze()


def _followed(worker):
    return worker.app.wsgi().extensions["steps"].result
