"""JSON logs: an event name and ids, nothing else. Libraries that log addresses are kept quiet."""

from __future__ import annotations

import logging
import logging.config
from typing import Any

import structlog

#: httpx logs whole addresses at INFO, the job library what it is given.
_QUIET = ("httpx", "httpcore", "alembic", "authlib", "dbos", "werkzeug", "stamina")

_SHARED: list[Any] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
]


def configuration(level: str) -> dict[str, Any]:
    """For `logging.config.dictConfig`, and for gunicorn's `logconfig_dict`."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "json": {
                "()": structlog.stdlib.ProcessorFormatter,
                "processors": [
                    structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                    structlog.processors.dict_tracebacks,
                    structlog.processors.JSONRenderer(),
                ],
                "foreign_pre_chain": [
                    *_SHARED,
                    structlog.stdlib.PositionalArgumentsFormatter(),
                    structlog.stdlib.ExtraAdder(),
                ],
            }
        },
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "json"}},
        "root": {"level": level, "handlers": ["stderr"]},
        "loggers": {
            **{name: {"level": "WARNING"} for name in _QUIET},
            "dbos": {"level": "ERROR"},
            # At DEBUG it writes each address down, return references among them.
            "gunicorn.error": {
                "level": "INFO" if level == "DEBUG" else level,
                "handlers": [],
                "propagate": True,
            },
            "gunicorn.access": {"level": "CRITICAL", "handlers": [], "propagate": False},
        },
    }


def set_up(level: str) -> None:
    logging.config.dictConfig(configuration(level))
    structlog.configure(
        processors=[*_SHARED, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
