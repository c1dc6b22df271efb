"""Imports what the project's programs import, for a process that forks them (`forked_process`).

The metrics library reads its folder from the environment when it is imported, so it and the modules
that import it stay out.
"""

import gc
import sys
from collections.abc import Iterator
from importlib import import_module
from importlib.abc import MetaPathFinder
from pkgutil import walk_packages

METRICS_LIBRARY = "prometheus_client"
_OTHERS = ("gunicorn.app.wsgiapp", "gunicorn.workers.gthread", "tests.support.forked_program")


class _WithoutMetrics(MetaPathFinder):
    def find_spec(self, name: str, *_: object) -> None:
        if name.partition(".")[0] == METRICS_LIBRARY:
            raise ModuleNotFoundError(name=name)


def _modules_of(package: str) -> Iterator[str]:
    folders = import_module(package).__path__
    for found in walk_packages(folders, f"{package}.", onerror=lambda _: None):
        if not found.name.endswith(".__main__"):
            yield found.name


def _preload() -> None:
    finder = _WithoutMetrics()
    sys.meta_path.insert(0, finder)
    for name in (*_OTHERS, *_modules_of("webapp"), *_modules_of("mobbscan_sandbox")):
        try:
            import_module(name)
        except ModuleNotFoundError as missing:
            if missing.name != METRICS_LIBRARY:
                raise
    sys.meta_path.remove(finder)
    gc.collect()
    gc.freeze()  # collections in the children then leave the shared memory alone


_preload()
