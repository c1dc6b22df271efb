"""Configure JSON logs: an event name, ids and error classes, never messages or personal data."""

from __future__ import annotations

import json
import logging
import logging.config
import os
import sys
import traceback
from datetime import UTC, datetime
from types import TracebackType
from typing import Any

import structlog

from webapp.basics.exception_chain import exception_chain

#: These libraries log whole URLs or values below WARNING.
_WARNINGS_ONLY = ("httpx", "httpcore", "alembic", "authlib", "dbos", "werkzeug", "stamina")

_SHARED_PROCESSORS: list[Any] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
]
_STDERR = 2
ExcInfo = tuple[type[BaseException], BaseException, TracebackType | None]


def render_exception(exc_info: ExcInfo) -> list[dict[str, Any]]:
    """Return class, files and lines of an error and its causes, without their messages.

    Messages often quote personal data.
    """
    return [
        {
            "kind": f"{type(error).__module__}.{type(error).__qualname__}",
            "places": [
                f"{frame.f_code.co_filename}:{line} {frame.f_code.co_name}"
                for frame, line in traceback.walk_tb(error.__traceback__)
            ],
        }
        for error in exception_chain(exc_info[1])
    ]


#: gunicorn's messages about its processes begin like this. They hold nothing of a request.
_PROCESS_MESSAGES = ("Worker exiting (pid", "Worker (pid:", "Shutting down: ", "Reason: ")


class GunicornErrorFilter(logging.Filter):
    """Reduce gunicorn's error messages to an event and a class: they quote requests."""

    def filter(self, record: logging.LogRecord) -> bool:
        if not record.exc_info and str(record.msg).startswith(_PROCESS_MESSAGES):
            return True
        error_class = record.exc_info[0] if record.exc_info else sys.exc_info()[0]
        if error_class is None:
            return True
        record.error = error_class.__name__
        record.msg, record.args = _event_of(record.msg), ()
        return True


def _event_of(message: object) -> str:
    if not isinstance(message, str):
        return "failed"
    if message.startswith("Invalid request from"):
        return "request_not_understood"
    if message.startswith("Error handling request"):
        return "request_failed"
    return message.partition("%")[0].partition("\n")[0].strip(": ")


class UnlockedHandler(logging.StreamHandler[Any]):
    """Write each line with one system call and without the handler's lock.

    With the lock, the threads of a busy server wait for each other's formatting and for the disk;
    measured, that took longer than the rest of a request. A single write is atomic.
    """

    def handle(self, record: logging.LogRecord) -> bool:
        if is_wanted := bool(self.filter(record)):
            self.emit(record)
        return is_wanted

    def emit(self, record: logging.LogRecord) -> None:
        try:
            line = self.format(record) + self.terminator
            if self.stream is sys.__stderr__:
                data = line.encode("utf-8", "backslashreplace")
                while data:
                    data = data[os.write(_STDERR, data) :]
            else:
                self.stream.write(line)
        except Exception:  # noqa: BLE001 - as every handler does: a log must not end a request
            self.handleError(record)


class JsonLine(str):
    """A log message that is a complete JSON line already."""

    __slots__ = ()


class JsonFormatter(structlog.stdlib.ProcessorFormatter):
    """Format every record as JSON, and pass a `JsonLine` through."""

    def format(self, record: logging.LogRecord) -> str:
        return record.msg if isinstance(record.msg, JsonLine) else super().format(record)


def log_info_fast(name: str, event: str, **fields: object) -> None:
    """Log the same line as `structlog.get_logger(name).info`, in a fifth of the time.

    For events that occur many times a second: it skips structlog's processors.
    """
    logger = logging.getLogger(name)
    if logger.isEnabledFor(logging.INFO):
        timestamp = datetime.now(UTC).isoformat().replace("+00:00", "Z")
        added = {"level": "info", "logger": name, "timestamp": timestamp}
        line = json.dumps(
            {**structlog.contextvars.get_contextvars(), "event": event, **fields, **added}
        )
        logger.handle(logger.makeRecord(name, logging.INFO, "", 0, JsonLine(line), (), None))


class FirstLineFilter(logging.Filter):
    """Keep the first line of the job library's messages: the others quote statements and values.

    Its failure to start is dropped, because our own code logs it or ends the process.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg, record.args = record.getMessage().partition("\n")[0][:200], ()
        return not record.msg.startswith("DBOS failed to launch")


def configuration(level: str) -> dict[str, Any]:
    """Return the configuration for `logging.config.dictConfig` and gunicorn's `logconfig_dict`."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "json": {
                "()": JsonFormatter,
                "processors": [
                    structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                    structlog.processors.ExceptionRenderer(render_exception),
                    structlog.processors.JSONRenderer(),
                ],
                "foreign_pre_chain": [
                    *_SHARED_PROCESSORS,
                    structlog.stdlib.PositionalArgumentsFormatter(),
                    structlog.stdlib.ExtraAdder(),
                ],
            }
        },
        "filters": {
            "gunicorn_errors": {"()": GunicornErrorFilter},
            "first_line": {"()": FirstLineFilter},
        },
        "handlers": {"stderr": {"()": UnlockedHandler, "formatter": "json"}},
        "root": {"level": level, "handlers": ["stderr"]},
        "loggers": {
            **{name: {"level": "WARNING"} for name in _WARNINGS_ONLY},
            # Without a handler the library would add its own, which prints tracebacks.
            "dbos": {
                "level": "ERROR",
                "handlers": ["stderr"],
                "propagate": False,
                "filters": ["first_line"],
            },
            # At DEBUG gunicorn logs every path, return references among them.
            "gunicorn.error": {
                "level": "INFO" if level == "DEBUG" else level,
                "handlers": [],
                "propagate": True,
                "filters": ["gunicorn_errors"],
            },
            "gunicorn.access": {"level": "CRITICAL", "handlers": [], "propagate": False},
        },
    }


def request_id() -> str | None:
    """Return the id of the request that this thread handles, or that its job belongs to."""
    found = structlog.contextvars.get_contextvars().get("request_id")
    return None if found is None else str(found)


def set_up(level: str) -> None:
    """Apply the configuration to this process."""
    logging.config.dictConfig(configuration(level))
    structlog.configure(
        processors=[*_SHARED_PROCESSORS, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
