"""Runs Firefox ESR for Playwright, with a pretended camera and third-party cookies blocked."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from playwright.sync_api import Browser, Playwright

from tests.support import bidi_proxy

PREFERENCES: dict[str, str | float | bool] = {
    # 1 blocks every third-party cookie; the default, 5, gives each host site an own store.
    "network.cookie.cookieBehavior": 1,
    # WebDriver's mouse does not reach a frame in another process.
    "fission.autostart": False,
    "media.navigator.streams.fake": True,
    "media.navigator.permission.disabled": True,
}
_WRAPPER = '#!/bin/sh\nexec "{python}" "{proxy}" "$@"\n'


def launch_firefox(playwright: Playwright, program: str, folder: Path) -> Browser:
    """Start Firefox behind `bidi_proxy`; `folder` keeps the script that starts them."""
    script = folder / "firefox"
    script.write_text(_WRAPPER.format(python=sys.executable, proxy=bidi_proxy.__file__))
    script.chmod(0o755)
    return playwright.firefox.launch(
        channel="moz-firefox",
        executable_path=script,
        firefox_user_prefs=PREFERENCES,
        env={**os.environ, "FIREFOX_PROGRAM": program},
    )
