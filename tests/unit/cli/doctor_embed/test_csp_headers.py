"""`doctor embed`: Content Security Policies of a page, by header value, finding and fixing line."""

import pytest

from tests.unit.cli.doctor_embed.host_pages import OURS, as_rows, findings, page, target

CSP = "Content-Security-Policy"
TAG = f'<script type="module" src="{OURS}/static/embed-v1.js"></script>'
#: The element may send reports in these policies, so that they have one finding each.
CONNECT = f"connect-src {OURS}"


def one(text: str, **more: object) -> tuple[str, str, str, str]:
    (found,) = as_rows(findings(page(text, **more)))  # type: ignore[arg-type]
    return found


@pytest.mark.parametrize(
    ("policy", "directive", "breaks", "line"),
    [
        ("frame-src 'none'", "frame-src", "frame", f"frame-src {OURS}"),
        ("frame-src", "frame-src", "frame", f"frame-src {OURS}"),
        ("FRAME-SRC 'self'", "frame-src", "frame", f"frame-src 'self' {OURS}"),
        (
            "frame-src 'self' https://www.youtube.com",
            "frame-src",
            "frame",
            f"frame-src 'self' https://www.youtube.com {OURS}",
        ),
        ("frame-src 'self'; frame-src *", "frame-src", "frame", f"frame-src 'self' {OURS}"),
        ("child-src 'self'", "child-src", "frame", f"frame-src 'self' {OURS}"),
        (f"child-src {OURS}; frame-src 'self'", "frame-src", "frame", f"frame-src 'self' {OURS}"),
        ("frame-src http://id.example:8443", "frame-src", "frame",
         f"frame-src http://id.example:8443 {OURS}"),
        ("frame-src https://*.id.example", "frame-src", "frame",
         f"frame-src https://*.id.example {OURS}"),
        ("frame-src https://id.example/other/", "frame-src", "frame",
         f"frame-src https://id.example/other/ {OURS}"),
        ("frame-src https://id.example/embed", "frame-src", "frame",
         f"frame-src https://id.example/embed {OURS}"),
        ("frame-src data: blob:", "frame-src", "frame", f"frame-src data: blob: {OURS}"),
        ("frame-src 'unsafe-inline'", "frame-src", "frame", f"frame-src {OURS}"),
        ("script-src 'self'", "script-src", "script", f"script-src 'self' {OURS}"),
        (
            f"script-src {OURS}; script-src-elem 'self'",
            "script-src-elem",
            "script",
            f"script-src-elem 'self' {OURS}",
        ),
        (
            "script-src 'self' 'nonce-abc'",
            "script-src",
            "script",
            f"script-src 'self' 'nonce-abc' {OURS}",
        ),
        (
            f"script-src 'nonce-abc' 'strict-dynamic' {OURS}",
            "script-src",
            "script",
            f'<script type="module" nonce="NONCE" src="{OURS}/static/embed-v1.js"></script>',
        ),
        (
            "sandbox",
            "sandbox",
            "script",
            ("sandbox allow-scripts allow-same-origin allow-forms allow-popups "
            "allow-popups-to-escape-sandbox allow-top-navigation-by-user-activation"),
        ),
        (
            ("sandbox allow-scripts allow-forms allow-popups allow-popups-to-escape-sandbox "
            "allow-top-navigation"),
            "sandbox",
            "messages",
            ("sandbox allow-scripts allow-forms allow-popups allow-popups-to-escape-sandbox "
            "allow-top-navigation allow-same-origin"),
        ),
    ],
)  # fmt: skip
def test_csp_directive_that_forbids_the_element_fails_with_the_line(
    policy: str, directive: str, breaks: str, line: str
) -> None:
    assert one(f"{CSP}: {policy}") == ("fail", f"{CSP}: {directive}", breaks, line)


@pytest.mark.parametrize(
    "policy",
    [
        "frame-src *",
        "frame-src https:",
        "frame-src http:",  # https is its secure form
        f"frame-src {OURS}",
        "frame-src HTTPS://ID.EXAMPLE",
        "frame-src id.example",
        "frame-src id.example:443",
        "frame-src id.example:80",
        "frame-src id.example:*",
        "frame-src http://id.example",
        "frame-src *.example",
        "frame-src https://id.example/",
        "frame-src https://id.example/embed/",
        "frame-src https://id.example/%65mbed/shop",
        f"frame-src 'none' {OURS}",
        f"default-src 'none'; child-src {OURS}; script-src {OURS}; {CONNECT}",
        "default-src https:",
        "img-src 'none'; style-src 'self'; base-uri 'none'; object-src 'none'",
        "upgrade-insecure-requests",
        "frame-ancestors 'none'",
        "frame-ancestors 'self'",
        f"form-action {OURS}",
        "require-trusted-types-for 'script'; trusted-types default",
        "style-src 'none'",  # the element uses constructed style sheets
        (
            "sandbox allow-scripts allow-same-origin allow-forms allow-popups "
            "allow-popups-to-escape-sandbox allow-top-navigation"
        ),
        ";;",
        "",
    ],
)
def test_csp_that_allows_the_element_has_no_finding(policy: str) -> None:
    assert findings(page(f"{CSP}: {policy}")) == []


def test_csp_default_src_counts_for_all_directives_that_are_missing() -> None:
    found = as_rows(findings(page(f"{CSP}: default-src 'self' 'unsafe-inline'")))
    assert found == [
        ("fail", f"{CSP}: default-src", "script", f"script-src 'self' 'unsafe-inline' {OURS}"),
        ("fail", f"{CSP}: default-src", "frame", f"frame-src 'self' {OURS}"),
        ("warn", f"{CSP}: default-src", "reports", f"connect-src 'self' {OURS}"),
    ]


def test_csp_fixing_lines_leave_no_failure() -> None:
    """What the lines say is written into the policy, and the page is checked again."""
    policy = "default-src 'none'; form-action 'self'; sandbox"
    lines = [each.line for each in findings(page(f"{CSP}: {policy}"))]
    assert len(lines) == 5
    mended = "; ".join((*lines, "default-src 'none'"))
    assert findings(page(f"{CSP}: {mended}")) == []


@pytest.mark.parametrize(
    "text",
    [
        f"{CSP}: frame-src *, img-src 'self', frame-src 'self'",
        f"{CSP}: frame-src *\n{CSP}: img-src 'self'\n{CSP}: frame-src 'self'",
        f"{CSP}: frame-src *, img-src 'self'\n{CSP.lower()}: frame-src 'self'",
    ],
    ids=["joined by commas", "repeated", "both"],
)
def test_csp_each_of_several_policies_must_allow_the_frame(text: str) -> None:
    where = f"{CSP} (policy 3 of 3): frame-src"
    assert one(text) == ("fail", where, "frame", f"frame-src 'self' {OURS}")


def test_csp_report_only_has_no_finding() -> None:
    text = f"""
        {CSP}-Report-Only: default-src 'none'; sandbox
        Cross-Origin-Embedder-Policy-Report-Only: require-corp
        Cross-Origin-Opener-Policy-Report-Only: same-origin
        Permissions-Policy-Report-Only: camera=()
    """
    assert findings(page(text)) == []


def test_csp_meta_in_head_counts_like_a_header() -> None:
    html = f'<head><META http-equiv="content-security-policy" content="frame-src \'self\'">{TAG}'
    where = f'<meta http-equiv="{CSP}">: frame-src'
    assert one("", html=html) == ("fail", where, "frame", f"frame-src 'self' {OURS}")


@pytest.mark.parametrize(
    "html",
    [
        f'<meta http-equiv="{CSP}-Report-Only" content="frame-src \'none\'">',
        f'<body><meta http-equiv="{CSP}" content="frame-src \'none\'">',
        f'<template><meta http-equiv="{CSP}" content="frame-src \'none\'"></template>',
        f'<!-- <meta http-equiv="{CSP}" content="frame-src \'none\'"> -->',
        f'<meta http-equiv="{CSP}" content="sandbox; frame-ancestors https://other.example">',
        f'<meta name="{CSP}" content="frame-src \'none\'">',
    ],
)
def test_csp_meta_that_browsers_ignore_has_no_finding(html: str) -> None:
    assert findings(page(html=html)) == []


@pytest.mark.parametrize(
    ("policy", "tag"),
    [
        ("script-src 'nonce-abc'", TAG.replace("<script", '<script nonce="abc"')),
        ("script-src 'nonce-abc' 'strict-dynamic'", TAG.replace("<script", '<script nonce="abc"')),
        ("script-src 'sha384-xyz'", TAG.replace("<script", '<script integrity="sha384-xyz"')),
        # A script that the page trusts adds the element's script.
        ("script-src 'nonce-abc' 'strict-dynamic'", '<script nonce="abc" src="/app.js"></script>'),
    ],
)
def test_csp_script_allowed_by_nonce_hash_or_trust_has_no_finding(policy: str, tag: str) -> None:
    assert findings(page(f"{CSP}: {policy}", html=tag)) == []


def test_csp_script_with_another_nonce_fails() -> None:
    html = TAG.replace("<script", '<script nonce="old"')
    found = one(f"{CSP}: script-src 'nonce-abc'", html=html)
    assert found == ("fail", f"{CSP}: script-src", "script", f"script-src 'nonce-abc' {OURS}")


@pytest.mark.parametrize(("display", "level"), [("redirect", "fail"), ("modal", "warn")])
def test_csp_form_action_fails_only_where_the_page_redirects(display: str, level: str) -> None:
    html = f'<mobbscan-onboarding server="{OURS}" site="shop" display="{display}">'
    found = one(f"{CSP}: form-action 'self'", html=html)
    assert found == (level, f"{CSP}: form-action", "redirect", f"form-action 'self' {OURS}")


def test_csp_connect_src_that_forbids_the_token_address_fails() -> None:
    html = f'<mobbscan-onboarding server="{OURS}" site="shop" token-url="/token">'
    found = one(f"{CSP}: {CONNECT}", html=html)
    assert found == ("fail", f"{CSP}: connect-src", "messages", f"{CONNECT} 'self'")


@pytest.mark.parametrize("sources", ["'none'", "https://cdn.example"])
def test_csp_connect_src_that_forbids_token_address_and_reports_has_one_line(sources: str) -> None:
    html = f'<mobbscan-onboarding server="{OURS}" site="shop" token-url="/token">'
    found = as_rows(findings(page(f"{CSP}: connect-src {sources}", html=html)))
    kept = "" if sources == "'none'" else f"{sources} "
    line = f"connect-src {kept}'self' {OURS}"
    assert [(each[2], each[3]) for each in found] == [("messages", line), ("reports", line)]


def test_csp_frame_ancestors_of_other_sites_warns_with_the_origins() -> None:
    found = one(f"{CSP}: frame-ancestors 'self' https://portal.example https://shop.example")
    line = 'origins = ["https://shop.example", "https://portal.example"]'
    assert found == ("warn", f"{CSP}: frame-ancestors", "frame", line)


def test_csp_sandbox_without_ways_out_warns() -> None:
    given = "sandbox allow-scripts allow-same-origin allow-forms"
    level, header, _, line = one(f"{CSP}: {given}")
    assert (level, header) == ("warn", f"{CSP}: sandbox")
    assert line == (
        f"{given} allow-popups allow-popups-to-escape-sandbox "
        "allow-top-navigation-by-user-activation"
    )


@pytest.mark.parametrize("source", ["'self'", "shop.example"])
def test_csp_self_allows_a_server_below_a_path_of_the_page(source: str) -> None:
    mounted = target("https://shop.example/verify")
    assert findings(page(f"{CSP}: default-src {source}"), mounted) == []
    found = as_rows(findings(page(f"{CSP}: frame-src 'none'"), mounted))
    assert found == [("fail", f"{CSP}: frame-src", "frame", "frame-src 'self'")]


def test_csp_source_without_scheme_takes_that_of_the_page() -> None:
    local = target("http://127.0.0.1:8000")
    http = page(f"{CSP}: frame-src 127.0.0.1:8000", address="http://localhost:5000/")
    https = page(f"{CSP}: frame-src 127.0.0.1:8000", address="https://localhost:5000/")
    assert findings(http, local) == []
    assert f"{CSP}: frame-src" in {each.header for each in findings(https, local)}
