"""Reads programs, commands and samples from docs/host-guide.md."""

import json
import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

#: Objects whose keys the host site or the gateway chooses.
OF_OTHERS = (".metadata", ".raw", ".validations", ".extra_parameters")
_BLOCK = re.compile(r"^( *)```(\w+)(?: (\S+))?\n(.*?)^ *```$", re.M | re.S)


@dataclass(frozen=True)
class Block:
    """A code block: its language, the word after it (file name, HTTP status), and its text."""

    language: str
    label: str
    text: str

    @property
    def sample(self) -> Any:
        return json.loads(self.text)


class HostGuide:
    """The page, as the tests use it."""

    def __init__(self, root: Path) -> None:
        self.text = (root / "docs" / "host-guide.md").read_text("utf-8")

    @cached_property
    def blocks(self) -> list[Block]:
        found = _BLOCK.finditer(self.text)
        return [Block(each[2], each[3] or "", each[4]) for each in found]

    def program(self, name: str) -> str:
        """Return the text of the program with this file name."""
        (block,) = (each for each in self.blocks if each.label == name)
        return block.text

    def sample(self, label: str) -> Any:
        """Return the JSON sample with this label."""
        (block,) = (each for each in self.blocks if (each.language, each.label) == ("json", label))
        return block.sample

    def calls(self) -> list[tuple[str, int, Any]]:
        """Return the calls of the API in order: command, status and sample answer."""
        pairs = zip(self.blocks, self.blocks[1:], strict=False)
        return [
            (command.text, int(answer.label), answer.sample)
            for command, answer in pairs
            if command.language == "sh" and command.text.startswith("curl ")
        ]

    def problems(self) -> dict[str, Any]:
        """Return the sample of each error by its code."""
        samples = [each.sample for each in self.blocks if each.language == "json"]
        return {each["code"]: each for each in samples if "code" in each}

    def section(self, heading: str) -> str:
        """Return the text below a heading up to the next one."""
        return re.split(r"^#+ ", self.text.split(f"# {heading}\n", 1)[1], flags=re.M)[0]


def assert_same_shape(sample: Any, actual: Any, path: str = "answer") -> None:
    """Assert that both have the same keys and kinds of values; null stands for any kind."""
    if sample is None or actual is None or path.endswith(OF_OTHERS):
        return
    assert type(sample) is type(actual), f"{path}: {sample!r} in the guide, not {actual!r}"
    if isinstance(sample, dict):
        assert sorted(sample) == sorted(actual), path
        for name, value in sample.items():
            assert_same_shape(value, actual[name], f"{path}.{name}")
    elif isinstance(sample, list) and sample and actual:
        assert_same_shape(sample[0], actual[0], f"{path}[0]")
