"""JSON logs: an event name and ids, nothing else. Libraries that log addresses are kept quiet."""

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

#: httpx logs whole addresses at INFO, the job library what it is given.
_QUIET = ("httpx", "httpcore", "alembic", "authlib", "dbos", "werkzeug", "stamina")

_SHARED: list[Any] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
]
_STDERR = 2
ExcInfo = tuple[type[BaseException], BaseException, TracebackType | None]


def kinds_and_places(exc_info: ExcInfo) -> list[dict[str, Any]]:
    """An error and what led to it: class names, files and lines. Messages like to quote people."""
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


#: So begins what gunicorn says of its processes, also while one ends: nothing of a request in it.
_OF_PROCESSES = ("Worker exiting (pid", "Worker (pid:", "Shutting down: ", "Reason: ")


class InBrief(logging.Filter):
    """What gunicorn says of an error holds addresses, cookies and references: its kind is kept."""

    def filter(self, record: logging.LogRecord) -> bool:
        if not record.exc_info and str(record.msg).startswith(_OF_PROCESSES):
            return True
        kind = record.exc_info[0] if record.exc_info else sys.exc_info()[0]
        if kind is None:
            return True
        record.error = kind.__name__
        record.msg, record.args = _event(record.msg), ()
        return True


def _event(message: object) -> str:
    if not isinstance(message, str):
        return "failed"
    if message.startswith("Invalid request from"):
        return "request_not_understood"
    if message.startswith("Error handling request"):
        return "request_failed"
    return message.partition("%")[0].partition("\n")[0].strip(": ")


class Lines(logging.StreamHandler[Any]):
    """Each line is one write, without a lock held meanwhile.

    With one, all threads of a busy server queue for whoever is just making a line or waiting for
    the disk: that cost a request more than all the rest of it. A write is whole by itself.
    """

    def handle(self, record: logging.LogRecord) -> bool:
        if told := bool(self.filter(record)):
            self.emit(record)
        return told

    def emit(self, record: logging.LogRecord) -> None:
        try:
            line = self.format(record) + self.terminator
            if self.stream is sys.__stderr__:
                data = line.encode("utf-8", "backslashreplace")
                while data:
                    data = data[os.write(_STDERR, data) :]
            else:
                self.stream.write(line)
        except Exception:  # noqa: BLE001 - as all handlers do: a log must not end a request
            self.handleError(record)


class Ready(str):
    """A line that is JSON already."""

    __slots__ = ()


class Json(structlog.stdlib.ProcessorFormatter):
    def format(self, record: logging.LogRecord) -> str:
        return record.msg if isinstance(record.msg, Ready) else super().format(record)


def say_quickly(name: str, event: str, **words: object) -> None:
    """What `structlog.get_logger(name).info` says, for a fifth of the time.

    For what is said many times a second: nothing is looked up, copied or processed on the way.
    """
    logger = logging.getLogger(name)
    if logger.isEnabledFor(logging.INFO):
        at = datetime.now(UTC).isoformat().replace("+00:00", "Z")
        known = {"level": "info", "logger": name, "timestamp": at}
        line = json.dumps(
            {**structlog.contextvars.get_contextvars(), "event": event, **words, **known}
        )
        logger.handle(logger.makeRecord(name, logging.INFO, "", 0, Ready(line), (), None))


class FirstLine(logging.Filter):
    """The job library's first line says what failed; its others quote statements and values.

    That it could not start is said by us, or is the end of the process.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg, record.args = record.getMessage().partition("\n")[0][:200], ()
        return not record.msg.startswith("DBOS failed to launch")


def configuration(level: str) -> dict[str, Any]:
    """For `logging.config.dictConfig`, and for gunicorn's `logconfig_dict`."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "json": {
                "()": Json,
                "processors": [
                    structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                    structlog.processors.ExceptionRenderer(kinds_and_places),
                    structlog.processors.JSONRenderer(),
                ],
                "foreign_pre_chain": [
                    *_SHARED,
                    structlog.stdlib.PositionalArgumentsFormatter(),
                    structlog.stdlib.ExtraAdder(),
                ],
            }
        },
        "filters": {"in_brief": {"()": InBrief}, "first_line": {"()": FirstLine}},
        "handlers": {"stderr": {"()": Lines, "formatter": "json"}},
        "root": {"level": level, "handlers": ["stderr"]},
        "loggers": {
            **{name: {"level": "WARNING"} for name in _QUIET},
            # Without a handler the library would add one of its own, which prints tracebacks.
            "dbos": {
                "level": "ERROR",
                "handlers": ["stderr"],
                "propagate": False,
                "filters": ["first_line"],
            },
            # At DEBUG it writes each address down, return references among them.
            "gunicorn.error": {
                "level": "INFO" if level == "DEBUG" else level,
                "handlers": [],
                "propagate": True,
                "filters": ["in_brief"],
            },
            "gunicorn.access": {"level": "CRITICAL", "handlers": [], "propagate": False},
        },
    }


def request_id() -> str | None:
    """The request at hand, or the one that the job at hand is done for."""
    found = structlog.contextvars.get_contextvars().get("request_id")
    return None if found is None else str(found)


def set_up(level: str) -> None:
    logging.config.dictConfig(configuration(level))
    structlog.configure(
        processors=[*_SHARED, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
