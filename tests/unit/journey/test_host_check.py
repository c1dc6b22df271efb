"""The check of a receiver passes a right one and names the fault of each wrong one."""

import json
from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

import pytest
from joserfc import jwt
from joserfc.jwk import KeySet

from tests.support import wrong_receivers
from tests.support.message_receiver import SECRET
from tests.support.wrong_receivers import Receive, receiving
from tests.unit.journey.harness import SHOP, JourneyHarness
from tests.unit.journey.sent_messages import real_time
from webapp.config.sites import Site
from webapp.domain.messages import AttemptError
from webapp.hostsite.sender import Answer, MessageClient
from webapp.journey.host_check import SLOW_SECONDS, HostCheck, HostCheckReport, _judge
from webapp.journey.host_check_requests import SUBJECT, CheckRequest, Expected

SITE = SHOP.model_copy(update={"webhook_secrets": (SECRET,), "allow_private_webhook": True})
REFUSED = {
    *("forged", "unsigned", "altered_body", "altered_id", "stale", "early", "renewed_timestamp"),
    *(f"malformed_signature_{number}" for number in (1, 2, 3, 4)),
    "malformed_timestamp",
}


@pytest.fixture
def check(harness: JourneyHarness) -> Iterator[HostCheck]:
    harness.clock.moment = real_time()  # receivers verify with it
    client = MessageClient(real_time)
    yield HostCheck(harness.deps, client)
    client.close()


def run(check: HostCheck, receive: Receive, site: Site = SITE) -> HostCheckReport:
    with receiving(receive) as url:
        return check.run(site, url)


def failed(report: HostCheckReport) -> set[str]:
    return {each.name for each in report.results if each.passed is False}


def test_check_of_a_right_receiver_passes(check):
    report = run(check, wrong_receivers.right)
    assert report.passed, failed(report)
    assert len(report.results) == 23
    assert all(each.fix is None for each in report.results)


@pytest.mark.parametrize(
    ("receive", "faults"),
    [
        (wrong_receivers.believes_all, REFUSED),
        (wrong_receivers.ignores_the_time, {"stale", "early"}),
        (wrong_receivers.knows_one_signature, {"several_signatures"}),
        (wrong_receivers.parses_first, {"raw_body"}),
        (wrong_receivers.Stateful(), {"duplicate", "reordered"}),
        (wrong_receivers.knows_its_types_only, {"unknown_type", "ping"}),
        (wrong_receivers.knows_its_fields_only, {"unknown_field"}),
    ],
)
def test_check_of_a_wrong_receiver_names_exactly_its_faults(check, receive, faults):
    report = run(check, receive)
    assert failed(report) == faults
    assert not report.passed
    assert all(each.fix for each in report.results if each.name in faults)


def test_check_of_a_receiver_that_crashes_on_malformed_signatures_names_them(check):
    found = failed(run(check, wrong_receivers.crashes_on_malformed_signatures))
    assert found
    assert found <= {name for name in REFUSED if name.startswith("malformed")}


@pytest.mark.parametrize(
    ("receive", "fix"),
    [
        (wrong_receivers.redirects, "redirects are not followed"),
        (wrong_receivers.wants_a_login, "exempt the address from your login"),
    ],
)
def test_check_of_an_unreachable_receiver_says_why(check, receive, fix):
    report = run(check, receive)
    by_name = {each.name: each for each in report.results}
    assert fix in (by_name["valid"].fix or "")
    assert by_name["forged"].passed is not True, "its refusal says nothing"


def test_check_without_a_receiver_says_why(check):
    with receiving(wrong_receivers.right) as url:
        pass
    report = check.run(SITE, url)
    assert {each.answered for each in report.results} == {"connection_failed"}
    assert not report.passed


def test_check_of_a_private_address_is_refused_as_for_messages(check):
    report = run(
        check, wrong_receivers.right, SHOP.model_copy(update={"webhook_secrets": (SECRET,)})
    )
    assert {each.answered for each in report.results} == {"address_refused"}


def test_check_sends_test_data_only(check):
    bodies = []

    def record(_headers, body):
        bodies.append(json.loads(body))
        return 204

    run(check, record)
    assert {each["data"]["livemode"] for each in bodies} == {False}
    subjects = {each["data"].get("subject") for each in bodies if each["type"] != "ping"}
    assert subjects == {SUBJECT}


def test_check_messages_have_the_fields_of_real_ones(harness, check, adas):
    with harness.database.reading() as work:
        real = json.loads(work.messages.of(adas)[0].body)
    sent = []

    def record(_headers, body):
        sent.append(json.loads(body))
        return 204

    run(check, record)
    assert sent[0].keys() == real.keys()
    assert sent[0]["data"].keys() == real["data"].keys()


@pytest.mark.parametrize(
    ("seconds", "passed"), [(SLOW_SECONDS - 1, True), (SLOW_SECONDS + 1, False)]
)
def test_judge_of_a_slow_answer_fails(seconds, passed):
    request = CheckRequest("valid", "", Expected.ACCEPT, "", {}, "")
    result = _judge(request, Answer(204, ""), None, seconds, accepts_good=True)
    assert result.passed is passed
    assert passed or "ten seconds" in (result.fix or "")


def test_judge_of_a_timeout_says_how_to_fix_it():
    request = CheckRequest("valid", "", Expected.ACCEPT, "", {}, "")
    result = _judge(request, None, AttemptError.TIMED_OUT, 10, accepts_good=False)
    assert (result.passed, result.answered) == (False, "timed_out")
    assert "ten seconds" in (result.fix or "")


def test_return_attacks_are_all_false_but_the_other_users(harness, check):
    report = run(check, wrong_receivers.right)
    keys = KeySet.import_key_set(harness.deps.result_signer.public_keys())
    believed = []
    for attack in report.return_attacks:
        assert attack.url.startswith("https://shop.example/account?mobbscan_result=")
        token = parse_qs(urlsplit(attack.url).query)["mobbscan_result"][0]
        try:
            claims = jwt.decode(token, keys, algorithms=["ES256"]).claims
        except Exception:  # noqa: BLE001 - refused, for one reason or another
            continue
        if claims["aud"] == "shop" and claims["exp"] > real_time().timestamp():
            believed.append((attack.name, claims["sub"]))
    assert believed == [("other_user", SUBJECT)]
    assert len(report.return_attacks) == 8
