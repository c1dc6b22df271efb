"""`host check`: exit code, refusal of live servers, and output."""

import json

import pytest

from tests.support import wrong_receivers
from tests.support.message_receiver import SECRET
from tests.support.wrong_receivers import receiving
from tests.unit.cli.installation import Installation


@pytest.fixture
def receiver_set(ready: Installation) -> None:
    with (ready.folder / "sites.toml").open("a") as sites:
        sites.write(f'webhook_secrets = ["{SECRET}"]\nallow_private_webhook = true\n')
        sites.write('return_urls = ["https://shop.example/account"]\n')
        sites.write('webhook_url = "http://127.0.0.1:1/hooks"\n')


def test_host_check_of_a_right_receiver_exits_with_0(run, receiver_set):
    with receiving(wrong_receivers.right) as url:
        done = run("host", "check", url)
    assert done.exit_code == 0, done.output
    assert "FAIL" not in done.stdout
    assert "https://shop.example/account?mobbscan_result=" in done.stdout


def test_host_check_of_a_wrong_receiver_exits_with_1_and_names_fixes(run, receiver_set):
    with receiving(wrong_receivers.believes_all) as url:
        done = run("host", "check", url, "--site", "shop", "--json")
    assert done.exit_code == 1
    printed = json.loads(done.stdout)
    assert printed["passed"] is False
    forged = next(each for each in printed["results"] if each["name"] == "forged")
    assert (forged["passed"], forged["answered"], forged["expected"]) == (False, "200", "4xx")
    assert forged["fix"]


def test_host_check_on_a_live_server_needs_the_option(run, receiver_set):
    with receiving(wrong_receivers.right) as url:
        refused = run("host", "check", url, LIVE_MODE="true")
        assert refused.exit_code == 1
        assert "--i-know" in refused.stderr
        assert run("host", "check", url, "--i-know", LIVE_MODE="true").exit_code == 0


def test_host_check_without_secrets_says_what_to_set(run, ready):
    done = run("host", "check", "https://shop.example/hooks")
    assert done.exit_code == 1
    assert "webhook_secrets" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [(("no url",), "URL"), (("https://x.example", "--site", "sohp"), "give --site, one of shop")],
)
def test_host_check_of_unusable_arguments_says_why(run, receiver_set, arguments, problem):
    done = run("host", "check", *arguments)
    assert done.exit_code == 1
    assert problem in done.stderr
