"""`doctor embed`: Permissions-Policy, COEP, COOP, X-Frame-Options and the two addresses."""

import pytest

from tests.unit.cli.doctor_embed.host_pages import OURS, as_rows, findings, page, target
from webapp.cli.doctor.embed.command import header_findings
from webapp.cli.doctor.finding import Level

POLICY = "Permissions-Policy"
BOTH = f'(self "{OURS}")'


@pytest.mark.parametrize(
    ("value", "feature", "line"),
    [
        ("camera=()", "camera", f"camera={BOTH}"),
        ("camera=self", "camera", f"camera={BOTH}"),
        ("camera=(self)", "camera", f"camera={BOTH}"),
        (f'camera=("{OURS}")', "camera", f"camera={BOTH}"),
        (f'camera="{OURS}"', "camera", f"camera={BOTH}"),
        ('camera=(self "https://other.example")', "camera",
         f'camera=(self "{OURS}" "https://other.example")'),
        ("camera=?0", "camera", f"camera={BOTH}"),
        ("geolocation=(), camera=(), usb=()", "camera",
         f"geolocation=(), camera={BOTH}, usb=()"),
        ("camera=*, camera=()", "camera", f"camera={BOTH}"),
        ('camera=(self);report-to="x"', "camera", f"camera={BOTH}"),
        (f'camera=(self "{OURS}:8443")', "camera", f'camera=(self "{OURS}" "{OURS}:8443")'),
    ],
)  # fmt: skip
def test_permissions_policy_that_withholds_the_camera_fails_with_the_line(
    value: str, feature: str, line: str
) -> None:
    found = as_rows(findings(page(f"{POLICY}: {value}")))
    assert found == [("fail", f"{POLICY}: {feature}", "camera", f"{POLICY}: {line}")]
    fixed = findings(page(found[0][3]))
    assert fixed == []


@pytest.mark.parametrize(
    "value",
    [
        "camera=*",
        f"camera={BOTH}",
        f'camera=("{OURS}/" self)',
        'camera=(self "https://*.example")',
        'camera=("https://shop.example" "https://id.example")',
        "geolocation=()",
        "microphone=()",
        "interest-cohort=()",
        "",
    ],
)
def test_permissions_policy_that_leaves_the_camera_has_no_finding(value: str) -> None:
    assert findings(page(f"{POLICY}: {value}")) == []


def test_permissions_policy_repeated_headers_are_one_policy() -> None:
    text = f"{POLICY}: camera=*\n{POLICY}: usb=()\n{POLICY.lower()}: camera=()"
    line = f"{POLICY}: camera={BOTH}, usb=()"
    assert as_rows(findings(page(text))) == [("fail", f"{POLICY}: camera", "camera", line)]


def test_permissions_policy_microphone_fails_only_if_a_flow_needs_it() -> None:
    text = f"{POLICY}: microphone=()"
    found = as_rows(findings(page(text), target(microphone=True)))
    line = f"{POLICY}: microphone={BOTH}"
    assert found == [("fail", f"{POLICY}: microphone", "camera", line)]


def test_permissions_policy_line_mends_all_features_at_once() -> None:
    text = f"{POLICY}: camera=(), fullscreen=(), usb=(), microphone=(self)"
    found = as_rows(findings(page(text), target(microphone=True)))
    line = f"{POLICY}: camera={BOTH}, fullscreen={BOTH}, usb=(), microphone={BOTH}"
    assert [each[3] for each in found] == [line] * 3
    assert findings(page(line), target(microphone=True)) == []


def test_permissions_policy_fullscreen_warns() -> None:
    found = as_rows(findings(page(f"{POLICY}: fullscreen=(self)")))
    assert found == [("warn", f"{POLICY}: fullscreen", "", f"{POLICY}: fullscreen={BOTH}")]


@pytest.mark.parametrize("value", ["camera 'self'", "camera=(self", "Camera=()", "camera=();;"])
def test_permissions_policy_that_browsers_ignore_warns(value: str) -> None:
    found = as_rows(findings(page(f"{POLICY}: {value}")))
    assert found == [("warn", POLICY, "", f"{POLICY}: camera={BOTH}")]


def test_permissions_policy_self_is_enough_below_a_path_of_the_page() -> None:
    mounted = target("https://shop.example/verify")
    assert findings(page(f"{POLICY}: camera=self"), mounted) == []
    found = as_rows(findings(page(f"{POLICY}: camera=()"), mounted))
    assert found == [("fail", f"{POLICY}: camera", "camera", f"{POLICY}: camera=(self)")]


@pytest.mark.parametrize("value", ["camera 'none'", "usb *; camera 'self'", f"camera {OURS}"])
def test_feature_policy_fails_with_the_header_of_today(value: str) -> None:
    found = as_rows(findings(page(f"Feature-Policy: {value}")))
    assert found == [("fail", "Feature-Policy: camera", "camera", f"{POLICY}: camera={BOTH}")]
    assert findings(page(f"Feature-Policy: {value}\n{found[0][3]}")) == []


@pytest.mark.parametrize("value", ["camera *", f"camera 'self' {OURS}", "usb 'none'", ""])
def test_feature_policy_that_leaves_the_camera_has_no_finding(value: str) -> None:
    assert findings(page(f"Feature-Policy: {value}")) == []


@pytest.mark.parametrize("opener", ["", "Cross-Origin-Opener-Policy: same-origin"])
@pytest.mark.parametrize("value", ["require-corp", "credentialless", 'require-corp; report-to="x"'])
def test_coep_fails_with_and_without_coop(value: str, opener: str) -> None:
    (found,) = findings(page(f"Cross-Origin-Embedder-Policy: {value}\n{opener}"))
    line = "Cross-Origin-Embedder-Policy: unsafe-none"
    assert as_rows([found]) == [("fail", "Cross-Origin-Embedder-Policy", "frame", line)]
    assert ("isolated" in found.message) is bool(opener)


@pytest.mark.parametrize(
    "text",
    [
        "Cross-Origin-Embedder-Policy: unsafe-none",
        "Cross-Origin-Embedder-Policy: Require-Corp",  # tokens are case-sensitive
        "Cross-Origin-Embedder-Policy: require-corp, require-corp",  # browsers ignore a list
        "Cross-Origin-Embedder-Policy: require-corp\nCross-Origin-Embedder-Policy: require-corp",
        "Cross-Origin-Opener-Policy: same-origin",
        "Cross-Origin-Opener-Policy: same-origin-allow-popups",
        "Cross-Origin-Resource-Policy: same-origin",
        "X-Frame-Options: DENY",
        "X-Frame-Options: SAMEORIGIN\nX-Frame-Options: DENY",
        "Referrer-Policy: no-referrer",
        "Strict-Transport-Security: max-age=1",
    ],
)
def test_header_that_does_not_break_the_element_has_no_finding(text: str) -> None:
    assert findings(page(text)) == []


def test_x_frame_options_of_the_page_is_named_as_harmless() -> None:
    (found,) = header_findings(page("X-Frame-Options: DENY"), target(), lambda _: ())
    assert (found.level, found.header) == (Level.GOOD, "X-Frame-Options")


def test_x_frame_options_warns_where_the_same_web_server_serves_the_frame() -> None:
    mounted = target("https://shop.example/verify")
    (found,) = findings(page("X-Frame-Options: DENY"), mounted)
    assert (found.level, found.header) == (Level.WARNING, "X-Frame-Options")
    assert "/verify" in found.message


def test_all_headers_at_once_are_all_named() -> None:
    text = """
        Content-Security-Policy: default-src 'self'; form-action 'self'
        Permissions-Policy: camera=(), fullscreen=()
        Cross-Origin-Embedder-Policy: require-corp
        Cross-Origin-Opener-Policy: same-origin
        X-Frame-Options: DENY
    """
    names = [each.header for each in findings(page(text))]
    csp = "Content-Security-Policy"
    assert names == [
        f"{csp}: default-src",
        f"{csp}: default-src",
        f"{csp}: form-action",
        f"{csp}: default-src",
        f"{POLICY}: camera",
        f"{POLICY}: fullscreen",
        "Cross-Origin-Embedder-Policy",
    ]


@pytest.mark.parametrize(
    ("address", "ours", "expected"),
    [
        ("https://shop.example/", "http://id.example", [
            ("fail", "PUBLIC_URL", "script", "PUBLIC_URL=https://id.example"),
        ]),
        ("https://localhost/", "http://127.0.0.1:8000", [
            ("warn", "PUBLIC_URL", "frame", "PUBLIC_URL=https://127.0.0.1:8000"),
        ]),
        ("http://shop.example/", OURS, [
            ("fail", "scheme of the page", "camera", "return 301 https://$host$request_uri;"),
        ]),
        ("http://localhost:5000/", "http://localhost:8000", []),
        ("http://shop.localhost:5000/", "http://localhost:8000", []),
        ("https://shop.example/", OURS, []),
    ],
)  # fmt: skip
def test_mixed_content_and_insecure_pages(
    address: str, ours: str, expected: list[tuple[str, str, str, str]]
) -> None:
    assert as_rows(findings(page(address=address), target(ours))) == expected


@pytest.mark.parametrize(
    ("address", "ours", "is_blocked"),
    [
        ("https://shop.example/", "https://intranet.example", True),
        ("https://shop.example/", "https://both.example", True),
        ("https://shop.example/", "https://this-machine.example", True),
        ("https://shop.example/", "https://[fd00::1]", True),
        ("https://intranet.example/", "https://this-machine.example", True),
        ("https://intranet.example/", "https://10.1.2.3", False),
        ("https://intranet.example/", OURS, False),
        ("https://localhost/", "https://127.0.0.1", False),
        ("https://shop.example/", "https://unknown.example", False),
        ("https://unknown.example/", "https://10.1.2.3", False),
        ("https://intranet.example/", "https://intranet.example/verify", False),
    ],
)
def test_local_network_access_fails_for_a_less_public_server(
    address: str, ours: str, *, is_blocked: bool
) -> None:
    found = as_rows(findings(page(address=address), target(ours)))
    origin = address.rstrip("/")
    line = f'LocalNetworkAccessAllowedForUrls: ["{origin}"]'
    assert found == ([("fail", "PUBLIC_URL", "script", line)] if is_blocked else [])


def test_local_network_access_page_treated_as_public_fails() -> None:
    text = "Content-Security-Policy: treat-as-public-address"
    found = findings(page(text, address="http://localhost:5000/"), target("http://127.0.0.1:8000"))
    header = "Content-Security-Policy: treat-as-public-address"
    assert as_rows(found) == [("fail", header, "script", "")]
