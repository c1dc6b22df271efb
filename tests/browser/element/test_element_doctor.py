"""`doctor embed URL` on a page with the element, against the real script and frame."""

import json

from tests.support.element_host_site import ElementHostSite


def check(host_site: ElementHostSite, **page: object) -> tuple[int, list[dict[str, str]]]:
    """Return the exit status of the doctor for this page, and its findings."""
    done = host_site.stack.command("doctor", "embed", host_site.address(**page), "--json")
    return done.returncode, json.loads(done.stdout)


def test_doctor_names_the_line_that_lets_the_frame_in(host_site: ElementHostSite) -> None:
    ours, csp = host_site.stack.public_url, "Content-Security-Policy"
    status, findings = check(host_site, headers={csp: "frame-src 'self'"})
    failed = [each for each in findings if each["level"] != "ok"]
    lines = [(each["breaks"], each["line"]) for each in failed]
    assert (status, lines) == (1, [("frame", f"frame-src 'self' {ours}")])
    status, findings = check(host_site, headers={csp: failed[0]["line"]})
    assert [each["message"] for each in findings] == [
        f"{ours} serves the script and the frame's page",
        "this page can embed site shop",
    ]
    assert (status, host_site.tokens) == (0, 0)
