"""Operator commands with the settings of a running server."""

import json

from tests.support.stack import Person, Stack
from tests.support.user_journey import gateway_switches, start_onboarding


def test_doctor_with_valid_settings_reports_ok(stack: Stack) -> None:
    found = stack.command("doctor")
    assert found.returncode == 0, found
    lines = found.stdout.splitlines()
    # The clients of the tests stand for a proxy, which doctor does not pass. Whether a process has
    # waited for a decision depends on the tests before.
    warnings = [line.split()[:2] for line in lines if line.split()[0] != "ok"]
    others = [each for each in warnings if each != ["warn", "decisions:"]]
    assert others == [["warn", "TRUSTED_PROXY_HOPS"]], found.stdout
    for secret in ("api_secret", "secret_key", "oidc_client_secret"):
        assert stack.instance.secret(secret) not in found.stdout + found.stderr


def test_doctor_with_refused_credentials_names_the_setting(stack: Stack) -> None:
    with gateway_switches(stack, credentials_disabled=True):
        found = stack.command("doctor")
    assert found.returncode == 1
    assert "MOBBSCAN_API_KEY" in found.stdout


def test_onboarding_is_listed_shown_and_reconciled(stack: Stack, ada: Person) -> None:
    with gateway_switches(stack, notices="never"):
        walk = start_onboarding(stack, ada)
        walk.capture("passes")

    listed = stack.command("onboardings", "list", "--site", "shop", "--status", "started")
    assert listed.returncode == 0, listed
    assert walk.id in listed.stdout

    reconciled = stack.command("onboardings", "reconcile", walk.id)
    assert reconciled.returncode == 0, reconciled
    assert walk.id in reconciled.stdout
    assert "verified" in reconciled.stdout
    assert walk.status["status"] == "verified"

    shown = stack.command("onboardings", "show", walk.id)
    assert shown.returncode == 0, shown
    output = json.loads(shown.stdout)
    assert (output["status"], output["gateway_status"]) == ("verified", "VERIFIED")
    events = [line["event"] for line in output["timeline"]]
    assert events.index("created") < events.index("consent_given") < events.index("started")
    for private in ("Ada", ada.sub, walk.hosted_url, walk.return_url):
        assert private not in shown.stdout + listed.stdout


def test_reconcile_without_gateway_fails_and_changes_nothing(stack: Stack, ada: Person) -> None:
    walk = start_onboarding(stack, ada)
    with gateway_switches(stack, down=True, rest=False):
        found = stack.command("onboardings", "reconcile", walk.id)
    assert found.returncode == 1
    assert "Traceback" not in found.stderr
    assert walk.status["status"] == "started"


def test_show_unknown_onboarding_names_the_id(stack: Stack) -> None:
    found = stack.command("onboardings", "show", "no-such-id")
    assert found.returncode == 1
    assert "no onboarding no-such-id" in found.stderr
