"""Base class that runs a proxy with its file of deploy/ on ports and folders of a test."""

import subprocess
from pathlib import Path
from types import TracebackType
from typing import ClassVar

import httpx

from tests.conftest import find_program
from tests.support.certificate import self_signed
from tests.support.eventually import eventually

ROOT = Path(__file__).resolve().parents[2]
DEPLOY = ROOT / "deploy"


class Proxy:
    """Proxies to `upstream` (HOST:PORT). `changes` maps texts of the file to replacements."""

    program: ClassVar[str]
    file: ClassVar[str]

    def __init__(
        self, folder: Path, port: int, upstream: str, changes: dict[str, str] | None = None
    ) -> None:
        self.folder = folder
        self.url = f"https://localhost:{port}"
        self.certificate, self.key = self_signed(folder)
        self.temp = folder / "temp"
        self.temp.mkdir()
        text = (DEPLOY / self.file).read_text("utf-8")
        for found, instead in {**self.own(port, upstream), **(changes or {})}.items():
            assert found in text, f"deploy/{self.file} has no {found!r} any more"
            text = text.replace(found, instead)
        self.deployed = folder / "deployed.conf"
        self.deployed.write_text(text)

    def own(self, port: int, upstream: str) -> dict[str, str]:
        """Return the replacements that each test needs (ports, folders)."""
        raise NotImplementedError

    def arguments(self) -> list[str]:
        """Return the arguments that run `deployed` in the foreground."""
        raise NotImplementedError

    def __enter__(self) -> "Proxy":
        program = find_program(self.program)
        assert program, f"mark the test with needs({self.program!r})"
        # All files stay in its folder.
        surroundings = {"HOME": str(self.folder), "TMPDIR": str(self.temp)}
        with (self.folder / "said.log").open("w") as said:
            self._process = subprocess.Popen(
                [program, *self.arguments()], stdout=said, stderr=said, env=surroundings
            )
        try:
            eventually(self._answers, seconds=20)
        except BaseException:
            self._end()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._end()

    def _end(self) -> None:
        self._process.terminate()
        try:
            self._process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
            raise

    def _answers(self) -> bool:
        assert self._process.poll() is None, self.logs
        try:
            return bool(httpx.get(self.url, verify=False, trust_env=False).status_code)
        except httpx.TransportError:
            return False

    @property
    def on_disk(self) -> list[Path]:
        """Return its temporary files, including deleted ones that are open."""
        open_ = [link.resolve() for link in Path(f"/proc/{self._process.pid}/fd").iterdir()]
        lying = [path for path in self.temp.rglob("*") if path.is_file()]
        return [path for path in open_ if self.temp in path.parents] + lying

    @property
    def logs(self) -> str:
        return "".join(path.read_text() for path in self.folder.glob("*.log"))
