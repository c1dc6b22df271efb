"""WSGI application of bench_notices.py in which every commit takes two milliseconds more.

The pause before the commit simulates a disk that is slow to sync: it holds the write lock and lets
other threads run, as a sync does. With BENCH_MAX_BATCH=1, the control, each notice has its own
commit.
"""

import os
import time
from typing import Any

from sqlalchemy import Engine, event

from webapp.app import create_app
from webapp.config.settings import Settings
from webapp.store import notice_writer


def delay_commit(_connection: Any) -> None:
    time.sleep(0.002)


event.listen(Engine, "commit", delay_commit)
app = create_app(Settings.from_environment())
writer: notice_writer.NoticeWriter = app.extensions["steps"].webhook._writer
writer._max_batch = int(os.environ.get("BENCH_MAX_BATCH", writer._max_batch))
