"""Builds the pages of docs/host-guide.md that contain `<mobbscan-onboarding>`."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.support.host_guide import HostGuide
from tests.support.node_packages import node_packages

_OWN_FILES = Path(__file__).parent / "node" / "pages"
#: What all framework pages share.
_SHARED = ("identity.ts",)


@dataclass(frozen=True)
class Framework:
    """The guide's files for a framework, and the test's own page that shows its component."""

    files: tuple[str, ...]
    main: str


FRAMEWORKS = {
    "react": Framework(("IdentityCheck.tsx",), "main.tsx"),
    "vue": Framework(("IdentityCheck.vue", "vite.config.js"), "main.vue.ts"),
    "angular": Framework(("identity-check.ts",), "main.angular.ts"),
}


class GuidePages:
    """The pages with the addresses of a running server, for the site of `settings`."""

    def __init__(self, root: Path, guide: HostGuide, settings: Mapping[str, str]) -> None:
        self._root = root
        self._guide = guide
        self._settings = settings

    def text(self, name: str) -> str:
        """Return a code block of the guide."""
        return self._with_addresses(self._guide.program(name))

    def program(self, name: str, user: str) -> str:
        """Return a program of the guide at which `user` is logged in."""
        text = self.text(name)
        assert "user-4711" in text
        return text.replace("user-4711", user)

    def headers(self) -> dict[str, str]:
        """Return the headers of the page."""
        lines = self.text("headers").strip().splitlines()
        return dict(line.split(": ", 1) for line in lines)

    def write_html(self, folder: Path) -> None:
        """Write the plain HTML page into the folder `public`."""
        public = folder / "public"
        public.mkdir()
        for name in ("index.html", "account.js"):
            (public / name).write_text(self.text(name), "utf-8")

    def build(self, framework: str, folder: Path) -> None:
        """Build the page of a framework into the folder `public`, as its developers do."""
        sources = self.write_sources(folder, *FRAMEWORKS[framework].files)
        page = (sources / "index.html").read_text("utf-8")
        (sources / "index.html").write_text(page.replace("MAIN", FRAMEWORKS[framework].main))
        _run(sources, "vite", "build", "--outDir", str(folder / "public"), "--logLevel", "error")

    def check_types(self, folder: Path) -> None:
        """Compile the components that are written in TypeScript alone."""
        sources = self.write_sources(folder, "IdentityCheck.tsx", "identity-check.ts")
        _run(sources, "tsc", "--project", "tsconfig.check.json")

    def write_sources(self, folder: Path, *names: str) -> Path:
        """Write files of the guide and of the test into a new project; return its folder."""
        sources = folder / "project"
        sources.mkdir()
        for own in _OWN_FILES.iterdir():
            (sources / own.name).write_text(self._with_addresses(own.read_text("utf-8")), "utf-8")
        for name in (*_SHARED, *names):
            (sources / name).write_text(self.text(name), "utf-8")
        shutil.copy(self._root / "static" / "embed-v1.d.ts", sources)
        (sources / "package.json").write_text(json.dumps({"type": "module"}))
        (sources / "node_modules").symlink_to(node_packages(self._root))
        return sources

    def _with_addresses(self, text: str) -> str:
        server, site = self._settings["IDENTITY_URL"], self._settings["IDENTITY_SITE"]
        return text.replace("http://localhost:8000", server).replace("my-site", site)


def _run(folder: Path, tool: str, *arguments: str) -> None:
    command = [str(folder / "node_modules" / ".bin" / tool), *arguments]
    ran = subprocess.run(
        command, cwd=folder, capture_output=True, text=True, timeout=120, check=False
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
