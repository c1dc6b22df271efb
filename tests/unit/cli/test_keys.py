"""`keys new` prints a key that the server accepts, and the entry for sites.toml."""

import hashlib
import re
import tomllib

import pytest

from tests.unit.cli.conftest import Run
from tests.unit.cli.test_database import plain
from webapp.config.sites import ApiKey


def made(run: Run, *options: str) -> tuple[str, ApiKey]:
    lines = plain(run("keys", "new", "--site", "shop", *options)).splitlines()
    entry = tomllib.loads(f"entry = {lines[-1].strip().rstrip(',')}")["entry"]
    return lines[0], ApiKey.model_validate({**entry, "scopes": tuple(entry["scopes"])})


def test_keys_new_prints_a_key_and_its_hash(run: Run):
    key, entry = made(run)
    assert re.fullmatch(r"mbe_[A-Za-z0-9_-]{43}", key)
    assert entry.sha256 == hashlib.sha256(key.encode()).hexdigest()
    assert (entry.name, entry.scopes, entry.expires) == (None, ("onboardings",), None)
    assert made(run)[0] != key


def test_keys_new_with_name_scopes_and_expiry(run: Run):
    options = ("--name", "back office", "--scopes", "evidence, data", "--expires", "2099-12-31")
    _, entry = made(run, *options)
    assert (entry.name, entry.scopes) == ("back office", ("data", "evidence"))
    assert str(entry.expires) == "2099-12-31"


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        (("--site", "other"), "no site other; sites.toml has shop"),
        (("--site", "shop", "--scopes", "all"), "--scopes must be of onboardings, data"),
        (("--site", "shop", "--scopes", ""), "--scopes must be of onboardings, data"),
        (("--site", "shop", "--expires", "2020-01-01"), "--expires is in the past"),
        (("--site", "shop", "--name", "x" * 65), "--name must have 1 to 64 characters"),
    ],
)
def test_keys_new_with_a_wrong_option_says_what_is_right(run: Run, options, problem):
    result = run("keys", "new", *options)
    assert result.exit_code != 0
    assert problem in result.output
