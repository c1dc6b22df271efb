"""Pages as everybody may see them: each size of a screen, in light and in dark, with no barrier.

Contrast depends on the scheme, and what fits depends on the width. So every run takes each size
once and the schemes in turn; the rest of their product is looked at nightly.
"""

from functools import cache
from itertools import cycle
from typing import NamedTuple

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Frame, Page

SCHEMES = ("light", "dark")
# Only what is wrong leaves the page: to bring out all that axe has to say takes longer than axe.
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


def parametrize_screen(*sizes: tuple[int, int]) -> pytest.MarkDecorator:
    """Parametrize `screen` with each size; the other colour scheme of each runs nightly."""
    often, seldom = _in_turn(sizes, SCHEMES), _in_turn(sizes, SCHEMES[::-1])
    rest = [pytest.param(screen, marks=pytest.mark.nightly) for screen in seldom]
    return pytest.mark.parametrize("screen", [*often, *rest], ids=str)


def parametrize_screens(*sizes: tuple[int, int]) -> pytest.MarkDecorator:
    """Parametrize `screens` with a list of sizes, for a page that is slow to reach."""
    often, seldom = _in_turn(sizes, SCHEMES), _in_turn(sizes, SCHEMES[::-1])
    rest = pytest.param(seldom, marks=pytest.mark.nightly, id="the-other-schemes")
    return pytest.mark.parametrize("screens", [pytest.param(often, id="in-turn"), rest])


def _in_turn(sizes: tuple[tuple[int, int], ...], schemes: tuple[str, ...]) -> list[Screen]:
    return [Screen(*size, scheme) for size, scheme in zip(sizes, cycle(schemes), strict=False)]


def accessibility_violations(page: Page | Frame) -> list[str]:
    """What axe finds. A frame of another site is not ours: each document is looked at by itself."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(_axe())
    found: list[str] = page.evaluate(_RUN_AXE)
    return found


def horizontal_overflow(page: Page | Frame) -> list[str]:
    """What one would have to scroll sideways for."""
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
