"""How this server runs under gunicorn; a bare `gunicorn wsgi:app` reads it too."""

import contextlib
import gc
import os
import sys
import threading

from webapp.config.current import (
    log_ignored_proxy_variables,
    log_misspelt_settings,
    log_quoted_secrets,
    reload_settings,
)
from webapp.config.settings import SettingsError
from webapp.logs import configuration
from webapp.observability import multiprocess
from webapp.server.file_limit import raise_file_limit
from webapp.store.errors import StoreError
from webapp.wiring import prepare_database

try:
    settings = reload_settings()
except SettingsError as wrong:
    sys.exit(str(wrong))
os.umask(0o077)  # files made here, databases above all, are for their owner only

wsgi_app = "wsgi:app"
bind = "127.0.0.1:8000"
worker_class = "webapp.server.worker.EmbedWorker"
workers = settings.web_concurrency
threads = 64
# Each waiting browser needs an open file and no thread.
worker_connections = min(1000, raise_file_limit() // 4)
# Idle connections hold no thread; longer than the keep-alive of common proxies.
keepalive = 65
# The event streams are ended at once when a worker stops, see post_worker_init.
graceful_timeout = 10
timeout = 60
# Connections and threads are made after the fork, and SIGHUP reads the settings again.
preload_app = False
# Our own request log holds no addresses; gunicorn's would hold references and tokens.
accesslog = None
logconfig_dict = configuration(settings.log_level)
control_socket_disable = True
# No forwarded header is trusted: PUBLIC_URL gives scheme and host.
forwarded_allow_ips = ""
limit_request_line = 8190
# sendfile() would bypass the worker's send timeout.
sendfile = False


def on_starting(server):
    """Warn of settings that do not work as meant, and bring the database up to date.

    Before a worker starts.
    """
    log_misspelt_settings()
    log_quoted_secrets(settings)
    log_ignored_proxy_variables()
    try:
        prepare_database(settings)
    except StoreError as wrong:
        sys.exit(f"Error: {wrong}")
    if not server.master_pid:  # a master that takes over from another keeps its metrics
        multiprocess.delete_metrics(settings.instance_dir, multiprocess.WEB)


def post_fork(server, _worker):
    """Choose the metrics files of this worker before it imports the metrics library."""
    if not multiprocess.share_metrics(settings.instance_dir, multiprocess.WEB):
        server.log.warning("metrics_sharing_failed: INSTANCE_DIR has no room for them")


def child_exit(_server, worker):
    """Remove the gauges of a worker that has ended."""
    with contextlib.suppress(OSError):  # a wrong gauge is no reason to stop the server
        multiprocess.remove_live_gauges(settings.instance_dir, multiprocess.WEB, worker.pid)


def post_worker_init(worker):
    """End the event streams as soon as the worker receives the signal to stop."""

    def end_streams():
        worker.stopping.wait()
        _result_step(worker).close(wait_seconds=0)

    threading.Thread(target=end_streams, name="stream-ender", daemon=True).start()


def worker_exit(_server, worker):
    """Wait until the event streams have ended."""
    if worker.booted:
        _result_step(worker).close(wait_seconds=2)
    # Python's last garbage collection costs half a second, just when new workers start.
    gc.freeze()


def _result_step(worker):
    return worker.app.wsgi().extensions["steps"].result
