"""A `scanId` in process data that is not ours is kept and logged; only real mix-ups are refused."""

import uuid

import pytest

from tests.support.eventually import eventually
from tests.support.wire_gateway import Answer, WireOnboarding, WireStack, json_answer

#: Each command takes seconds on a busy machine.
pytestmark = pytest.mark.timeout(300)


def begin(stack: WireStack, name: str = "ada") -> WireOnboarding:
    return stack.begin(f"{name}-{uuid.uuid4().hex}")


def mixed_up(stack: WireStack) -> list[str]:
    return [each for each in stack.readyz()["degraded"] if "another process" in each]


def test_other_scan_id_is_accepted_kept_and_logged(wire_stack: WireStack) -> None:
    onboarding, other = begin(wire_stack), str(uuid.uuid4())
    onboarding.answer(json_answer(scanId=other, verificationResult="VERIFIED"))
    onboarding.until("verified")
    lines = [line for line in wire_stack.logs("server").splitlines() if other in line]
    assert any("gateway_scan_id_differs" in line and onboarding.id in line for line in lines)
    shown = wire_stack.command("onboardings", "show", onboarding.id)
    assert other in shown.stdout


@pytest.mark.parametrize("spelling", [str, lambda own: own.upper()])
def test_other_scan_id_beside_our_verification_id_is_accepted(
    wire_stack: WireStack, spelling
) -> None:
    onboarding = begin(wire_stack)
    onboarding.answer(
        json_answer(
            scanId=str(uuid.uuid4()),
            verificationId=spelling(onboarding.id),
            verificationResult="VERIFIED",
        )
    )
    onboarding.until("verified")


def test_our_scan_id_beside_another_verification_id_is_accepted(wire_stack: WireStack) -> None:
    onboarding = begin(wire_stack)
    members = {"scanId": onboarding.id, "verificationId": str(uuid.uuid4())}
    onboarding.answer(json_answer(**members, verificationResult="VERIFIED"))
    onboarding.until("verified")


@pytest.mark.parametrize("case", ["both differ", "verification id alone", "another of ours"])
def test_answer_about_another_process_is_refused_with_alarm(
    wire_stack: WireStack, case: str
) -> None:
    ben, onboarding = begin(wire_stack, "ben"), begin(wire_stack)
    ids = {
        "both differ": {"scanId": str(uuid.uuid4()), "verificationId": str(uuid.uuid4())},
        "verification id alone": {"verificationId": str(uuid.uuid4())},
        "another of ours": {"scanId": ben.id},
    }[case]
    onboarding.answer(json_answer(**ids, verificationResult="VERIFIED"))
    eventually(lambda: f'"{onboarding.id}"' in _refusals(wire_stack), seconds=40)
    assert onboarding.status["status"] == "started"
    assert ben.status["status"] == "started"
    assert mixed_up(wire_stack)


def _refusals(stack: WireStack) -> str:
    lines = stack.logs("server").splitlines()
    return "\n".join(line for line in lines if "gateway_answered_for_another_process" in line)


@pytest.mark.parametrize("call", ["accept", "reject"])
def test_decision_acknowledged_with_other_scan_id_is_taken(
    wire_stack: WireStack, call: str
) -> None:
    onboarding = begin(wire_stack)
    pending = json_answer(scanId=onboarding.id, verificationResult="PENDING_VERIFICATION")
    onboarding.answer(pending)
    onboarding.until("in_review")
    other, word = str(uuid.uuid4()), "VERIFIED" if call == "accept" else "NOT_VERIFIED"

    def acknowledge() -> Answer:
        decided = json_answer(scanId=other, verificationResult=word)
        wire_stack.gateway.process_data[onboarding.id] = decided
        return json_answer(status="DONE", scanId=other)

    wire_stack.gateway.other_calls[f"/mobbscan-agent/{call}"] = acknowledge
    options = ["--comment", "blurred"] if call == "reject" else []
    if "--yes" in wire_stack.command("onboardings", call, "--help").stdout:
        options.append("--yes")
    decided = wire_stack.command("onboardings", call, onboarding.id, *options)
    assert decided.returncode == 0, decided.stderr
    assert "gateway_answered_for_another_process" not in decided.stderr
    assert ("POST", f"/mobbscan-agent/{call}") in wire_stack.gateway.calls
    onboarding.until("verified" if call == "accept" else "rejected")
