"""Files saved with a byte order mark, or in UTF-16 as PowerShell does, and secrets in quotes."""

import codecs
from pathlib import Path

import pytest

from mobbscan_sandbox.demo.errors import ProgramStopped
from mobbscan_sandbox.demo.instance_folder import SECRETS
from tests.support.certificate import self_signed
from tests.support.eventually import eventually
from tests.support.stack import Person, Stack
from tests.support.user_journey import log_in_by_handoff, submit_consent

ADA = Person("ada-of-marks", "Ada Lovelace", "en")
ENCODINGS = {
    "utf-8 with mark": (codecs.BOM_UTF8, "utf-8"),
    "utf-8 with two marks": (codecs.BOM_UTF8 * 2, "utf-8"),
    "utf-16 of PowerShell": (codecs.BOM_UTF16_LE, "utf-16-le"),
    "utf-16 big endian": (codecs.BOM_UTF16_BE, "utf-16-be"),
    "utf-32": (codecs.BOM_UTF32_LE, "utf-32-le"),
}


def new_stack(folder: Path, **options: object) -> Stack:
    """Return a stack that has files and settings, but no running program."""
    return Stack(folder, database="sqlite", leave_out=("server", "provider", "shop"), **options)


def save_as(path: Path, encoding: str, text: str | None = None) -> None:
    mark, codec = ENCODINGS[encoding]
    text = path.read_text("utf-8") if text is None else text
    path.write_bytes(mark + (text + "\r\n").encode(codec))


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_server_reads_secrets_and_sites_file_in_any_encoding(tmp_path: Path, encoding: str) -> None:
    with new_stack(tmp_path) as stack:
        key, headers = stack.instance.secret("handoff_key"), stack.webhook_headers
        token = stack.instance.secret("operations_token")
        for name in SECRETS:
            save_as(stack.instance.secret_file(name), encoding)
        save_as(stack.instance.sites_file, encoding)
        printed = stack.command("database", "upgrade")
        assert printed.returncode == 0, printed.stderr
        stack.start("server")
        browser = stack.http_session()
        handed = stack.handoff_token(ADA, key=key)
        walk = submit_consent(stack, browser, browser.get("/handoff", params={"token": handed}))
        notice = browser.client.post(
            f"{stack.public_url}/webhooks/mobbscan",
            json={"verificationId": walk.id, "status": "VERIFIED"},
            headers=headers,
        )
        assert notice.status_code == 204, "the webhook's header is the agreed one"
        authorization = {"Authorization": f"Bearer {token}"}
        assert browser.get("/metrics", headers=authorization).status == 200


@pytest.mark.parametrize("encoding", ["utf-8 with mark", "utf-16 of PowerShell"])
def test_sandbox_and_shop_read_secrets_in_any_encoding(tmp_path: Path, encoding: str) -> None:
    stack = new_stack(tmp_path)
    key = stack.instance.secret("handoff_key")
    for name in SECRETS:
        save_as(stack.instance.secret_file(name), encoding)
    failed = None
    try:
        stack.start("server", "gateway", "shop")
        browser = stack.http_session()
        handed = stack.handoff_token(ADA, key=key)
        submit_consent(stack, browser, browser.get("/handoff", params={"token": handed}))
    except ProgramStopped as error:
        failed = error
    finally:
        stack.close()
    assert failed is None, failed


VARIABLES = ("SECRET_KEY", "MOBBSCAN_API_KEY", "PUBLIC_URL", "LOG_LEVEL")


@pytest.mark.parametrize("name", VARIABLES)
def test_variable_with_a_mark_has_the_value_without_it(tmp_path: Path, name: str) -> None:
    values = {
        "SECRET_KEY": "a secret of more than thirty-two characters",
        "MOBBSCAN_API_KEY": "key",
        "PUBLIC_URL": "http://localhost:8000",
        "LOG_LEVEL": "INFO",
    }
    stack = new_stack(tmp_path, environment={name: f"\ufeff{values[name]}"})
    printed = stack.command("doctor")
    assert "settings are complete" in printed.stdout, printed.stderr


def test_referred_variable_with_a_mark_has_the_value_without_it(tmp_path: Path) -> None:
    key = "key-of-the-field-tests-of-32-bytes-and-more"
    stack = new_stack(
        tmp_path, environment={"KEY": f"\ufeff{key}\n"}, site={"handoff_keys": ["env:KEY"]}
    )
    with stack:
        stack.start("server")
        handed = stack.handoff_token(ADA, key=key)
        page = stack.http_session().get("/handoff", params={"token": handed})
        assert page.status == 200, page


def test_variable_whose_name_begins_with_a_mark_is_explained(tmp_path: Path) -> None:
    """The first line of a file of variables that is saved with a mark."""
    stack = new_stack(
        tmp_path, environment={"MOBBSCAN_API_KEY": None, "\ufeffMOBBSCAN_API_KEY": "key-4471"}
    )
    printed = stack.command("doctor")
    assert printed.returncode == 1
    assert "MOBBSCAN_API_KEY is missing" in printed.stderr
    assert "byte order mark" in printed.stderr
    assert "key-4471" not in printed.stdout + printed.stderr


@pytest.mark.parametrize("content", [b"\xff\xfe\x00\xd8", b"k\x00e\x00y\x00", b"\xf1" * 40])
def test_file_that_is_no_text_is_named_with_the_fix(tmp_path: Path, content: bytes) -> None:
    stack = new_stack(tmp_path)
    stack.instance.secret_file("secret_key").write_bytes(content * 20)
    stack.instance.sites_file.write_bytes(content)
    printed = stack.command("doctor")
    assert printed.returncode == 1
    lines = [line for line in printed.stderr.splitlines() if "not text in UTF-8" in line]
    assert any("SECRET_KEY_FILE" in line for line in lines), printed.stderr
    assert any("sites.toml" in line for line in lines), printed.stderr


def test_certificates_with_a_mark_are_refused_with_the_fix(tmp_path: Path) -> None:
    """OpenSSL would skip the first certificate of the file silently."""
    path = tmp_path / "authorities.pem"
    certificate, _ = self_signed(tmp_path)
    path.write_bytes(codecs.BOM_UTF8 + certificate.read_bytes() * 2)
    stack = new_stack(tmp_path, environment={"OUTBOUND_CA_FILE": str(path)})
    printed = stack.command("doctor")
    assert printed.returncode == 1
    assert "byte order mark" in printed.stderr


@pytest.mark.parametrize("quotes", ['""', "''", "\u201c\u201d"], ids=ascii)
def test_secrets_in_quotes_are_warned_of_without_their_value(tmp_path: Path, quotes: str) -> None:
    first, last = quotes
    secret = f"{first}secret-4471-of-more-than-thirty-two-characters{last}"
    with new_stack(tmp_path) as stack:
        for name in ("secret_key", "handoff_key"):
            stack.instance.secret_file(name).write_text(secret, "utf-8")
        stack.start("server")
        eventually(lambda: "quoted_secrets_found" in stack.logs("server"), seconds=5)
        printed = stack.command("doctor").stdout
        warnings = [line for line in printed.splitlines() if "in quotes" in line]
        assert len(warnings) == 2, printed
        assert "SECRET_KEY" in warnings[0]
        assert "sites.shop.handoff_keys[0]" in warnings[1]
        assert "secret-4471" not in printed + stack.logs("server")
        token = stack.handoff_token(ADA, key=secret)
        home = stack.http_session().get("/handoff", params={"token": token})
        assert home.status == 200, "the quotes are part of the secret"


def test_secrets_without_matching_quotes_are_not_warned_of(tmp_path: Path) -> None:
    with new_stack(tmp_path) as stack:
        for name in ("secret_key", "handoff_key"):
            text = "'secret-of-more-than-thirty-two-characters\""
            stack.instance.secret_file(name).write_text(text, "utf-8")
        stack.start("server")
        log_in_by_handoff(stack, ADA)
        assert "in quotes" not in stack.command("doctor").stdout
        assert "quoted_secrets_found" not in stack.logs("server")
