"""`doctor` checks the receivers of messages without sending anything."""

from datetime import UTC, datetime

import pytest

from tests.support.message_receiver import SECRET
from tests.unit.cli.installation import Installation
from webapp.cli.doctor import receivers


def set_receiver(installed: Installation, url: str, *more: str) -> None:
    with (installed.folder / "sites.toml").open("a") as sites:
        lines = (f'webhook_url = "{url}"', f'webhook_secrets = ["{SECRET}"]', *more)
        sites.write("\n".join(lines) + "\n")


def findings(installed: Installation) -> list[str]:
    with installed.parts() as parts:
        return [str(each) for each in receivers.findings(parts)]


def test_receivers_site_without_one_has_no_finding(ready: Installation) -> None:
    assert findings(ready) == []


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "10.0.0.1", "[64:ff9b::7f00:1]"])
def test_receivers_private_address_fails_with_the_setting_that_permits_it(
    ready: Installation, host: str
) -> None:
    set_receiver(ready, f"https://{host}/hooks")
    (found,) = findings(ready)
    assert found.startswith("FAIL")
    assert "allow_private_webhook" in found


def test_receivers_unknown_name_fails(ready: Installation) -> None:
    set_receiver(ready, "https://receiver.invalid/hooks")
    (found,) = findings(ready)
    assert found.startswith("FAIL")
    assert "cannot be looked up" in found


def test_receivers_public_address_is_good(ready: Installation) -> None:
    set_receiver(ready, "https://8.8.8.8/hooks")
    (found,) = findings(ready)
    assert found.startswith("ok")


def test_receivers_permitted_private_address_is_good(ready: Installation) -> None:
    set_receiver(ready, "http://127.0.0.1:9/hooks", "allow_private_webhook = true")
    (found,) = findings(ready)
    assert found.startswith("ok")


def test_receivers_behind_a_proxy_are_not_looked_up(ready: Installation) -> None:
    set_receiver(ready, "https://receiver.invalid/hooks")
    ready.environ["OUTBOUND_PROXY"] = "http://127.0.0.1:9"
    (found,) = findings(ready)
    assert found.startswith("ok")
    assert "its rules must refuse private addresses" in found


def test_receivers_disabled_one_fails_with_the_commands_that_enable_it(
    ready: Installation,
) -> None:
    set_receiver(ready, "https://8.8.8.8/hooks")
    with ready.parts() as parts, parts.database.writing() as work:
        work.receivers.record_failure("shop", datetime.now(UTC))
        work.receivers.disable("shop", datetime.now(UTC), "gone")
    _, found = findings(ready)
    assert found.startswith("FAIL")
    assert "it answered 410" in found
    assert "messages enable --site shop" in found
