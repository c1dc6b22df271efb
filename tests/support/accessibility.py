"""Checks pages with axe and for horizontal overflow, at screen sizes in light and dark.

Each run takes one combination of size and colour scheme; the others run nightly.
"""

from functools import cache
from itertools import cycle
from typing import NamedTuple

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Frame, Page

SCHEMES = ("light", "dark")
# Only violations are returned: transferring all results takes longer than axe itself.
_RUN_AXE = """async () => {
  const { violations } = await axe.run({ resultTypes: ["violations"], iframes: false });
  return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(" ")}`);
}"""


class Screen(NamedTuple):
    width: int
    height: int
    scheme: str

    @property
    def size(self) -> tuple[int, int]:
        return self.width, self.height

    def apply_to(self, page: Page) -> None:
        page.emulate_media(color_scheme=self.scheme)
        page.set_viewport_size({"width": self.width, "height": self.height})

    def __str__(self) -> str:
        return f"{self.width}-{self.scheme}"


def parametrize_screen(*sizes: tuple[int, int], scheme: str = "light") -> pytest.MarkDecorator:
    """Parametrize `screen`: the first size in `scheme`; the other combinations run nightly."""
    every_run = Screen(*sizes[0], scheme)
    screens = _with_schemes(sizes, SCHEMES) + _with_schemes(sizes, SCHEMES[::-1])
    rest = [pytest.param(each, marks=pytest.mark.nightly) for each in screens if each != every_run]
    return pytest.mark.parametrize("screen", [every_run, *rest], ids=str)


def parametrize_screens(*sizes: tuple[int, int]) -> pytest.MarkDecorator:
    """Parametrize `screens` with a list of sizes, for a page that is slow to reach."""
    every_run, nightly = _with_schemes(sizes, SCHEMES), _with_schemes(sizes, SCHEMES[::-1])
    rest = pytest.param(nightly, marks=pytest.mark.nightly, id="other-schemes")
    return pytest.mark.parametrize("screens", [pytest.param(every_run, id="in-turn"), rest])


def _with_schemes(sizes: tuple[tuple[int, int], ...], schemes: tuple[str, ...]) -> list[Screen]:
    return [Screen(*size, scheme) for size, scheme in zip(sizes, cycle(schemes), strict=False)]


def accessibility_violations(page: Page | Frame) -> list[str]:
    """Return the violations that axe finds in this document, without nested frames."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(_axe())
    found: list[str] = page.evaluate(_RUN_AXE)
    return found


def horizontal_overflow(page: Page | Frame) -> list[str]:
    """Return the width and the elements beyond the right edge, if the page overflows."""
    found: list[str] = page.evaluate(
        """() => document.documentElement.scrollWidth <= innerWidth ? [] : [
             `${document.documentElement.scrollWidth} pixels`,
             ...[...document.querySelectorAll("body *")]
               .filter((one) => one.getBoundingClientRect().right > innerWidth + 1)
               .map((one) => one.outerHTML.slice(0, 90))]"""
    )
    return found


@cache
def _axe() -> str:
    return str(Axe().axe_script)
