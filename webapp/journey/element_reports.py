"""Step that counts the errors that elements in pages of host sites report."""

from __future__ import annotations

import logging

from webapp.domain.element_reports import Display, ElementCode
from webapp.journey.dependencies import JourneyDependencies
from webapp.store.errors import DatabaseUnavailable

_log = logging.getLogger(__name__)


class ElementReports:
    """Stores codes only; `sites show` prints them."""

    def __init__(self, deps: JourneyDependencies) -> None:
        self._deps = deps

    def record(self, site: str, code: ElementCode, display: Display) -> None:
        """Count a report about the site. A failure of the database is logged only."""
        try:
            with self._deps.database.writing() as work:
                work.element_reports.add(site, code, display, self._deps.clock())
        except DatabaseUnavailable:
            _log.warning("element_report_not_recorded", extra={"site": site})
