"""The server as if every commit took two milliseconds more: the control of bench_notices.py too.

A pause before the commit stands for a disk that is slow to sync. It holds the write lock and lets
other threads run, as a sync does. With BENCH_MOST=1 each notice is a commit of its own.
"""

import os
import time
from typing import Any

from sqlalchemy import Engine, event

from webapp.app import create_app
from webapp.config.settings import Settings
from webapp.store import notice_writer


def wait_for_the_disk(_connection: Any) -> None:
    time.sleep(0.002)


event.listen(Engine, "commit", wait_for_the_disk)
app = create_app(Settings.from_environment())
writer: notice_writer.NoticeWriter = app.extensions["steps"].webhook._writer
writer._most = int(os.environ.get("BENCH_MOST", writer._most))
