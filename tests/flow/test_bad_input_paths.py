"""All routes with invalid ids, wrong methods, misspelt paths and path prefixes."""

import itertools

import pytest

from tests.architecture.test_routes import ROUTES
from tests.flow.test_other_user import response_of
from tests.support.bad_input_stack import BadInputStack
from tests.support.http_session import HttpSession
from tests.support.raw_http import send_request
from tests.support.stack import Person
from tests.support.stack_fixtures import NewStack
from tests.support.user_journey import log_in_by_handoff

METHODS = (
    "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND", "BREW",
)  # fmt: skip
UNKNOWN = "6f9619ff-8b86-4011-b42d-00c04fc964ff"
PARTS = {
    "<onboarding_id>": UNKNOWN,
    "<erasure_id>": UNKNOWN,
    "<evidence_type>": "no-such-type",
    "<code>": "no-such-code",
    "<reference>": "no-such-reference",
    "<path:reference>": "no-such-reference",
    "<site_id>": "shop",
    "<path:filename>": "base.css",
    "<path:subject>": "no-such-user",
    "<version>": "0123456789abcdef",
}
INVALID_IDS = (
    "0", "x", "-1", "null", "undefined", "'", "%27%20OR%201=1--", "%00", "%0d%0aX:1", "%ff%fe",
    "..%2f..%2fetc%2fpasswd", "%2e%2e", "%252e%252e%252f", "%7B" + UNKNOWN + "%7D", UNKNOWN.upper(),
    UNKNOWN.replace("-", ""), "urn:uuid:" + UNKNOWN, UNKNOWN + "%20", "%20" + UNKNOWN,
    UNKNOWN + "%00", UNKNOWN[:-1], UNKNOWN + "0", UNKNOWN.replace("8b86", "8b8g"),
    UNKNOWN.replace("-", "%E2%80%90"), "%EF%BC%96" + UNKNOWN[1:], "%E2%80%AE" + UNKNOWN,
    "00000000-0000-0000-0000-000000000000", "x" * 3000,
)  # fmt: skip
WITH_AN_ID = ("/onboardings/{id}", "/onboardings/{id}/status", "/onboardings/{id}/stream")


def path_of(rule: str) -> str:
    for name, value in PARTS.items():
        rule = rule.replace(name, value)
    assert "<" not in rule, "add an example of the new part to PARTS"
    return rule


def methods_by_path() -> dict[str, set[str]]:
    """Return each path with its methods."""
    found: dict[str, set[str]] = {}
    for rule, methods, _ in ROUTES:
        found.setdefault(path_of(rule), set()).update(methods.split())
    for path, methods_of_path in found.items():
        if path.startswith("/static/"):  # the route of all static files matches it too
            methods_of_path |= found["/static/base.css"]
    return found


#: A path of each kind in every run, the others nightly.
IN_EVERY_RUN = {"/", "/handoff", "/static/base.css", f"/onboardings/{UNKNOWN}/status"}
each_path = pytest.mark.parametrize(
    ("path", "methods"),
    [
        pytest.param(
            *item, id=item[0], marks=() if item[0] in IN_EVERY_RUN else pytest.mark.nightly
        )
        for item in methods_by_path().items()
    ],
)


@pytest.fixture(scope="module")
def ada(bad_input: BadInputStack) -> HttpSession:
    return log_in_by_handoff(bad_input.stack, Person("ada-of-addresses", "Ada Lovelace", "en"))[0]


# Ids


@pytest.mark.parametrize(
    "method", ["GET", *(pytest.param(each, marks=pytest.mark.nightly) for each in ("HEAD", "POST"))]
)
@pytest.mark.parametrize("where", WITH_AN_ID)
def test_invalid_onboarding_id_answers_like_an_unknown_one(
    ada: HttpSession, where: str, method: str
) -> None:
    unknown = response_of(ada, method, where.format(id=UNKNOWN))
    assert unknown[0] == (405 if method == "POST" else 404)
    different = [
        wrong
        for wrong in INVALID_IDS
        if response_of(ada, method, where.format(id=wrong)) != unknown
    ]
    # An encoded slash is a slash: such a path contains no id.
    assert [wrong for wrong in different if "%2f" not in wrong] == []
    for wrong in different:
        assert response_of(ada, method, where.format(id=wrong))[0] == 404


@pytest.mark.parametrize("where", ["/return/{id}", "/l/{id}", "/sites/{id}/theme.css"])
def test_invalid_path_parameter_is_404(ada: HttpSession, where: str) -> None:
    for method, wrong in itertools.product(("GET", "HEAD"), INVALID_IDS):
        assert response_of(ada, method, where.format(id=wrong))[0] == 404, (method, wrong)


# Methods


@each_path
def test_wrong_method_is_405_with_allow(
    bad_input: BadInputStack, path: str, methods: set[str]
) -> None:
    for method in sorted(set(METHODS) - methods):
        answer = send_request(bad_input.stack.server_url, method, path, body=b"a=b")
        assert answer.status == 405, method
        assert set((answer.headers["Allow"] or "").split(", ")) == methods, method
        assert not answer.headers["Set-Cookie"]


# Spellings


def spellings(path: str) -> list[str]:
    first, _, rest = path.lstrip("/").partition("/")
    ends = ("/", "//", "/.", "/..", "/../", "/%2e", "/%2e%2e", "%2f", "%5c", ";", ";x=y", "%00")
    ends += ("%20", "%0d%0aLocation:%20//evil.test", ".", "*", "/x", "%", "%zz", "?", "?#", "\\")
    return [
        *(path + end for end in ends),
        *(start + path for start in ("/", "//", "/.", "/./.", "/..", "/x/..", "/%2e%2e", "/%2f")),
        *(start + path for start in ("//evil.test", "/\\evil.test", "/http://evil.test")),
        "/\\" + path.lstrip("/"),
        path.lstrip("/"),
        path.upper(),
        path.title(),
        path.replace("/", "//"),
        path.replace("/", "/./"),
        path.replace("/", "\\"),
        path.replace("/", "%2f"),
        path.replace("/", "%2F"),
        path.replace("/", "%252f"),
        f"/%{ord(first[0]):02x}{first[1:]}/{rest}" if first else "/%2f",
        f"http://evil.test{path}",
        f"https://evil.test:1{path}?{path}",
        path + "/" + "x" * 4000,
        path + "x" * 9000,
        path + "?" + "y" * 9000,
        path + "/a" * 3000,
        path + "?x=" + "%00" * 100,
        path + "?token=%ff&site=%ff&error=%ff&state=%ff",
    ]


def assert_no_foreign_redirect(url: str, public_url: str, path: str, method: str) -> None:
    body = b"a=b" if method == "POST" else b""
    where = send_request(url, method, path, body=body).redirect_target(public_url)
    for spelled in spellings(path):
        answer = send_request(url, method, spelled, body=body)
        assert 200 <= answer.status < 500, (method, spelled, answer.status)
        # `//` and the like may mean the path itself: a redirect may lead nowhere else.
        assert answer.redirect_target(public_url) in ("", where, _home(public_url)), (
            method,
            spelled,
        )
        assert "evil.test" not in answer.location


def _home(public_url: str) -> str:
    return f"{public_url}/"


@each_path
def test_misspelt_path_is_not_redirected_elsewhere(
    bad_input: BadInputStack, path: str, methods: set[str]
) -> None:
    for method in sorted({"GET", "POST"} & (methods | {"GET"})):
        assert_no_foreign_redirect(
            bad_input.stack.server_url, bad_input.stack.public_url, path, method
        )


def test_path_prefix_variants_are_not_redirected_elsewhere(
    new_stack: NewStack,
) -> None:
    public_url = "https://shop.example/verify"
    stack = new_stack(
        environment={"PUBLIC_URL": public_url}, leave_out=("gateway", "provider", "shop")
    )
    prefixes = ("", "/verify", "/verify/verify", "/VERIFY", "//verify", "/verify/", "/%76erify")
    number = itertools.count()
    for prefix, (path, methods) in itertools.product(prefixes, methods_by_path().items()):
        if path == "/login":
            continue  # needs the identity provider
        method = "POST" if "POST" in methods else "GET"
        body = b"a=b" if method == "POST" else b""
        # From another client each time: the limits of failures are not tested here.
        headers = {"X-Forwarded-For": f"198.18.{next(number) // 250}.{next(number) % 250}"}
        answer = send_request(stack.server_url, method, prefix + path, headers=headers, body=body)
        assert 200 <= answer.status < 500, (prefix, path)
        assert answer.redirect_target(public_url) in ("", f"{public_url}/"), (prefix, path)
        if prefix in ("/verify", "/%76erify"):
            plain = send_request(stack.server_url, method, path, headers=headers, body=body)
            assert answer.status == plain.status, (prefix, path)
