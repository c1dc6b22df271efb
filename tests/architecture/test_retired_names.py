"""Retired names stay retired: modules, identifiers, tables, columns, log events, metrics, terms."""

import ast
import io
import re
import tokenize
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from webapp.store.schema import metadata

RETIRED = tomllib.loads(Path(__file__).with_name("retired_names.toml").read_text("utf-8"))
#: Texts for end users, who read everyday words.
USER_TEXTS = ("webapp/web/page_texts", "mobbscan_sandbox/gateway/texts")
TERMS = re.compile(
    r"\b(" + "|".join([*RETIRED["terms"].split(), *RETIRED["phrases"]]) + r")\b", re.IGNORECASE
)


@pytest.fixture(scope="module")
def sources(root: Path) -> dict[str, Path]:
    """Python files by their path below the checkout."""
    tops = ("webapp", "mobbscan_sandbox", "tests", "bench")
    paths = [each for top in tops for each in (root / top).rglob("*.py")]
    return {path.relative_to(root).as_posix(): path for path in paths}


def identifiers(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        for attribute in ("id", "attr", "arg", "name", "asname"):
            value = getattr(node, attribute, None)
            if isinstance(value, str):
                yield value


def texts(source: str) -> Iterator[str]:
    """Comments and strings with a space, which are prose."""
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT or (
            token.type == tokenize.STRING and " " in token.string
        ):
            yield token.string


def test_retired_modules_do_not_exist(root: Path) -> None:
    paths = [root / name.replace(".", "/") for name in RETIRED["modules"].split()]
    assert [path.name for path in paths if path.with_suffix(".py").exists()] == []
    assert [path.name for path in paths if (path / "__init__.py").exists()] == []


def test_retired_identifiers_are_not_used(sources: dict[str, Path]) -> None:
    names = set(RETIRED["identifiers"].split())
    used = {
        f"{file}: {name}"
        for file, path in sources.items()
        for name in names.intersection(identifiers(ast.parse(path.read_text("utf-8"))))
    }
    assert sorted(used) == []


def test_retired_tables_and_columns_do_not_exist() -> None:
    columns = {column.name for table in metadata.tables.values() for column in table.columns}
    assert set(RETIRED["tables"].split()).isdisjoint(metadata.tables)
    assert set(RETIRED["columns"].split()).isdisjoint(columns)


def test_retired_log_events_and_metrics_appear_nowhere(
    root: Path, sources: dict[str, Path]
) -> None:
    words = re.compile(r"[\"'`](" + "|".join(RETIRED["log_events"].split()) + r")[\"'`]")
    documents = [*(root / "docs").rglob("*.md"), *(root / "deploy").iterdir()]
    found = []
    for path in [*sources.values(), *documents]:
        text = path.read_text("utf-8")
        found += [f"{path.name}: {word}" for word in words.findall(text)]
        found += [
            f"{path.name}: {metric}" for metric in RETIRED["metrics"].split() if metric in text
        ]
    assert found == []


def test_retired_terms_do_not_appear_in_code_texts(sources: dict[str, Path]) -> None:
    found = [
        f"{file}: {match.group()}"
        for file, path in sources.items()
        if not file.startswith(USER_TEXTS)
        for text in texts(path.read_text("utf-8"))
        for match in TERMS.finditer(text)
    ]
    assert found == []


def test_retired_terms_do_not_appear_in_documents(root: Path) -> None:
    pages = [*root.glob("*.md"), *(root / "docs").rglob("*.md"), *(root / "deploy").iterdir()]
    found = [
        f"{page.name}: {match.group()}"
        for page in pages
        for match in TERMS.finditer(page.read_text("utf-8"))
    ]
    assert found == []
