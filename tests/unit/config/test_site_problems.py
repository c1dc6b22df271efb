"""Tests that every problem of sites.toml is reported with line and key, all at once."""

from typing import get_args

import pytest
from joserfc.jwk import ECKey, OctKey, OKPKey, RSAKey

from tests.unit.config.samples import API_KEY_HASH as HASH
from tests.unit.config.samples import EC, ED, HANDOFF, MINIMAL, inline
from webapp.config.settings import SettingsError
from webapp.config.sites import Locale
from webapp.config.sites_file import load_sites
from webapp.web import language

SITE_PROBLEMS = [
    ('nam = "x"', "nam: unknown key; did you mean name?"),
    ("zzz = 1", "zzz: unknown key"),
    ('"(key)" = "zz"', "(key): unknown key"),
    ("oidc = 1", "oidc: must be true or false"),
    ('oidc = "true"', "oidc: must be true or false"),
    ('origins = "https://shop.example"', "origins: must be a list in square brackets"),
    ("origins = [1]", "origins[0]: must be a text in quotes, not empty"),
    ('origins = ["http://shop.example"]', "origins[0]: must be https"),
    ('origins = ["https://a.example", "https://b.example/x"]', "origins[1]: must be an origin"),
    ('origins = ["*"]', "origins[0]: is not a full web address"),
    (
        'origins = ["https://*.example"]',
        "origins[0]: has a host name or port",
    ),
    ('return_urls = ["/account"]', "return_urls[0]: is not a full web address"),
    ('return_urls = ["https://shop.example/?a=1"]', "return_urls[0]: must not have a query"),
    ('return_urls = ["https://shop.example/a/../b"]', "return_urls[0]: must have a plain path"),
    ('return_urls = ["https://u:p@shop.example/"]', "return_urls[0]: must not hold a user name"),
    ('return_urls = ["javascript:alert(1)"]', "return_urls[0]: is not a full web address"),
    ('api_keys = ["the-key-itself"]', "api_keys[0]: must be sha256:"),
    ('api_keys = ["sha256:ABC"]', "api_keys[0]: must be sha256:"),
    ("api_keys = [{}]", "api_keys[0].hash: is missing"),
    (
        f'api_keys = [{{ hash = "sha256:{HASH}", scope = ["data"] }}]',
        "api_keys[0].scope: unknown key; did you mean scopes?",
    ),
    (
        f'api_keys = [{{ hash = "sha256:{HASH}", scopes = ["all"] }}]',
        "api_keys[0].scopes[0]: must be one of onboardings, data, evidence, decide, erase",
    ),
    (
        f'api_keys = [{{ hash = "sha256:{HASH}", name = 1 }}]',
        "api_keys[0].name: must be a text",
    ),
    (
        f'api_keys = [{{ hash = "sha256:{HASH}", expires = "31.12.2027" }}]',
        "api_keys[0].expires: must be a date such as 2027-12-31",
    ),
    (
        f'api_keys = [{{ hash = "sha256:{HASH}", expires = 2027-12-31T00:00:00Z }}]',
        "api_keys[0].expires: must be a date such as 2027-12-31",
    ),
    ("webhook_url = 1", "webhook_url: must be a text"),
    ('webhook_url = "https://shop.example/h#a"', "webhook_url: must not have a fragment"),
    ('webhook_url = "https://shop.example/h"', "webhook_url: needs webhook_secrets"),
    ('webhook_secrets = ["hunter2"]', "webhook_secrets[0]: must be whsec_"),
    ('webhook_secrets = ["whsec_aHVudGVyMg=="]', "webhook_secrets[0]: must be whsec_"),
    ('webhook_secrets = ["whsec_!"]', "webhook_secrets[0]: must be whsec_"),
    ('privacy_url = "javascript:alert(1)"', "privacy_url: is not a full web address"),
    ('support_url = "http://shop.example"', "support_url: must be https"),
    ("locales = []", "locales: must have one entry or more"),
    ('locales = ["en", "fr"]', "locales[1]: must be one of en, es"),
    ('locales = ["es-MX"]', "locales[0]: must be one of en, es"),
    ('brand = "#0a5"', "brand: must be a table"),
    ('brand = { colour = "#0a5" }', "brand.colour: unknown key; did you mean color?"),
    ('brand = { color = "red" }', "brand.color: must be written like #0a5"),
    ('brand = { logo = "logo.svg" }', "brand.logo: is not a full web address"),
    ("api_keys = [1]", 'api_keys[0]: must be "sha256:…", or a table'),
    ("flows = 1", "flows: must be a table"),
    ("flows.default = 1", "flows.default: must be a table"),
    ("flows.Default = {}", "flows.Default: must be written like my-shop"),
]


@pytest.mark.parametrize(("line", "expected"), SITE_PROBLEMS)
def test_load_sites_wrong_key_of_a_site_raises_with_line_and_key(site_problems, line, expected):
    (problem,) = site_problems(f"# a comment\n{MINIMAL}{line}\n")
    assert problem.startswith(f"sites.toml line 5, sites.shop.{expected}")
    assert "hunter2" not in problem


FLOW_PROBLEMS = [
    ('modee = "iframe"', "modee: unknown key; did you mean mode?"),
    ('mode = "popup"', "mode: must be one of iframe, redirect"),
    ('country = "es"', "country: must be written like ESP"),
    ('country = "XQZ"', "country: is no country of ISO 3166-1 alpha-3"),
    ('document_type = "Visa"', "document_type: must be one of IDCard, Passport, DrivingLicense"),
    ('document_specific_type = "a b"', "document_specific_type: must be written like ESPIDCardV4"),
    ('microphone = "no"', "microphone: must be true or false"),
    ("consent_version = 2026", "consent_version: must be a text in quotes"),
    ('consent_version = " "', "consent_version: must be a text in quotes"),
    ('decide = "me"', "decide: must be one of review, rules, host"),
    ('on_deadline = "wait"', "on_deadline: must be one of review, stay"),
    ("decide_within_minutes = 0", "decide_within_minutes: must be a whole number from 1 to 43200"),
    ("attempts = 0", "attempts: must be a whole number from 1 to 1000"),
    ("attempts = 1.5", "attempts: must be a whole number from 1 to 1000"),
    ("attempts = true", "attempts: must be a whole number from 1 to 1000"),
    ("expires_after_hours = -1", "expires_after_hours: must be a whole number from 1 to 8760"),
    ('retention_days = "90"', "retention_days: must be a whole number from 1 to 36500"),
    ('reason_map = { "x" = "bad" }', "reason_map.x: must be one of document_expired"),
    ("reason_map = []", "reason_map: must be a table"),
    ("extra_data = { a = 1 }", "extra_data.a: must be a text in quotes"),
]


@pytest.mark.parametrize(("line", "expected"), FLOW_PROBLEMS)
def test_load_sites_wrong_key_of_a_flow_raises_with_line_and_key(site_problems, line, expected):
    (problem,) = site_problems(f"{MINIMAL}\n[sites.shop.flows.default]\n{line}\n")
    assert problem.startswith(f"sites.toml line 6, sites.shop.flows.default.{expected}")


def test_load_sites_several_wrong_sites_reports_all_in_order_of_lines(site_problems):
    text = (
        "[sites.a]\noidcc = true\n"
        '[sites.b]\nname = "B"\noidc = true\nlocales = ["en",\n "e"]\n'
        '[sites.b.flows.quick]\nmode = "popup"\nattempts = 0\n'
    )
    assert [problem.split(":")[0] for problem in site_problems(text)] == [
        "sites.toml line 1, sites.a",
        "sites.toml line 1, sites.a.name",
        "sites.toml line 2, sites.a.oidcc",
        "sites.toml line 6, sites.b.locales[1]",
        "sites.toml line 9, sites.b.flows.quick.mode",
        "sites.toml line 10, sites.b.flows.quick.attempts",
    ]


def test_load_sites_site_without_name_and_admission_reports_both(site_problems):
    way, name = site_problems("[sites.shop]\nhandoff_keys = []\n")
    assert name == "sites.toml line 1, sites.shop.name: is missing"
    assert way.startswith("sites.toml line 1, sites.shop: admits no users")


@pytest.mark.parametrize("id_", ["Shop", "'-shop'", "'a.b'", "'a b'", "'" + "a" * 64 + "'", "''"])
def test_load_sites_site_id_unfit_for_addresses_raises(site_problems, id_):
    (problem,) = site_problems(f'[sites.{id_}]\nname = "Shop"\noidc = true\n')
    assert "lower-case letters, digits and hyphens only" in problem


@pytest.mark.parametrize("text", ["", "sites = 1", "[sites]", "# nothing"])
def test_load_sites_without_a_site_raises_at_sites(site_problems, text):
    (problem,) = site_problems(text)
    assert problem.startswith("sites.toml line 1, sites: ")


def test_load_sites_unknown_table_suggests_the_known_one(site_problems):
    (problem,) = site_problems(MINIMAL + "[site.other]\n")
    assert problem == "sites.toml line 4, site: unknown key; did you mean sites?"


def test_load_sites_invalid_toml_raises_with_line_and_without_text(site_problems):
    (problem,) = site_problems('[sites.shop]\nname = "hunter2\n')
    assert problem.startswith("sites.toml is not valid TOML: ")
    assert "at line 2" in problem
    assert "hunter2" not in problem


def test_load_sites_unreadable_file_raises_with_the_reason(tmp_path):
    (tmp_path / "sites.toml").write_bytes(b"\xff")
    for path, why in (
        (tmp_path, "Is a directory"),
        (tmp_path / "none.toml", "No such file or directory"),
        (tmp_path / "sites.toml", "not text in UTF-8"),
    ):
        with pytest.raises(SettingsError, match=rf"cannot be read \({why}\)"):
            load_sites(path, {})


@pytest.mark.parametrize(
    "key",
    [
        '"too-short"',
        "1",
        "{}",
        '{ kty = "EC" }',
        '{ kty = "EC", crv = "P-256", x = "a", y = "b" }',
        inline(EC.as_dict(private=True)),
        inline(ED.as_dict(private=True)),
        inline(ECKey.generate_key("P-384").as_dict(private=False)),
        inline(RSAKey.generate_key(2048).as_dict(private=False)),
        inline(OctKey.generate_key(256).as_dict(private=True)),
        inline(OKPKey.generate_key("X25519").as_dict(private=False)),
    ],
    ids=[
        "short", "a number", "empty", "a kind only", "no point", "private EC", "private EdDSA",
        "P-384", "RSA", "a secret as a key", "X25519",
    ],
)  # fmt: skip
def test_load_sites_invalid_handoff_key_raises_at_its_index(site_problems, key):
    (problem,) = site_problems(
        f'[sites.shop]\nname = "Shop"\nhandoff_keys = ["{HANDOFF}", {key}]\n'
    )
    assert problem.startswith("sites.toml line 3, sites.shop.handoff_keys[1]: must be ")


@pytest.mark.parametrize("reference", ["env:hunter 2", "env:", "env:EMPTY", "file:/nowhere"])
def test_load_sites_invalid_reference_raises_without_other_text(site_problems, reference):
    text = f'[sites.shop]\nname = "Shop"\nhandoff_keys = ["{reference}"]\n'
    (problem,) = site_problems(text, {"EMPTY": " "})
    assert problem.startswith("sites.toml line 3, sites.shop.handoff_keys[0]: ")
    assert "hunter" not in problem


def test_load_sites_api_key_of_two_sites_raises_at_the_second(site_problems):
    other = MINIMAL.replace("shop", "other")
    key = f'api_keys = ["sha256:{HASH}"]\n'
    (problem,) = site_problems(MINIMAL + key + other + key)
    assert problem == "sites.toml line 8, sites.other.api_keys: has a key that site shop has too"


def test_load_sites_two_document_types_raises_at_the_specific_one(site_problems):
    text = MINIMAL + "[sites.shop.flows.default]\n"
    text += 'document_type = "IDCard"\ndocument_specific_type = "ESPIDCardV4"\n'
    (problem,) = site_problems(text)
    assert problem.startswith("sites.toml line 6, sites.shop.flows.default.document_specific_type:")


def test_load_sites_several_wrong_items_reports_each_with_its_index(site_problems):
    keys = '["short", "env:EMPTY", { kty = "oct" }]'
    scopes = f'{{ hash = "sha256:{HASH}", scopes = ["all", "data", "none"] }}'
    text = MINIMAL.replace(f'["{HANDOFF}"]', keys) + (
        'origins = ["*", "https://good.example", "ftp://x"]\n'
        f"api_keys = [{scopes}, {{ a = 1, b = 2 }}]\n"
    )
    assert [problem.split(": ")[0].split(", ")[1] for problem in site_problems(text)] == [
        "sites.shop.handoff_keys[0]",
        "sites.shop.handoff_keys[1]",
        "sites.shop.handoff_keys[2]",
        "sites.shop.origins[0]",
        "sites.shop.origins[2]",
        "sites.shop.api_keys[0].scopes[0]",
        "sites.shop.api_keys[0].scopes[2]",
        "sites.shop.api_keys[1].a",
        "sites.shop.api_keys[1].b",
        "sites.shop.api_keys[1].hash",
    ]


def test_load_sites_unresolved_secret_reports_the_reference(site_problems, tmp_path):
    (tmp_path / "empty").write_text("\n")
    (tmp_path / "short").write_text("hunter2\n")
    places = ["env:SHOP_KEY", "env:EMPTY", "env:SHORT"]
    places += [f"file:{tmp_path}/{name}" for name in ("none", "empty", "short")]
    text = f'[sites.shop]\nname = "Shop"\nhandoff_keys = {places}\n'
    found = site_problems(text, {"EMPTY": "", "SHORT": "hunter2"})
    assert [problem.partition("]: ")[2] for problem in found] == [
        "refers to the variable SHOP_KEY, which is not set",
        "refers to the variable EMPTY: empty",
        f"must be a secret of 32 bytes or more, or a public JWK as a table ({places[2]} is not)",
        f"refers to the file {tmp_path}/none, which cannot be read (No such file or directory)",
        f"refers to the file {tmp_path}/empty: empty",
        f"must be a secret of 32 bytes or more, or a public JWK as a table ({places[5]} is not)",
    ]


def test_locales_of_a_site_are_those_of_the_pages():
    assert get_args(Locale) == language.LOCALES


def test_load_sites_site_named_like_a_table_suggests_keys_of_a_site(site_problems):
    (problem,) = site_problems(MINIMAL.replace("shop", "brand") + "locale = []\n")
    assert problem == "sites.toml line 4, sites.brand.locale: unknown key; did you mean locales?"


@pytest.mark.parametrize("key", ["id", "brand_logo", "sha256"])
def test_load_sites_internal_field_name_is_an_unknown_key(site_problems, key):
    (problem,) = site_problems(MINIMAL + f'{key} = "x"\n')
    assert problem.startswith(f"sites.toml line 4, sites.shop.{key}: unknown key")


def test_load_sites_wrong_secret_is_in_no_part_of_the_error(tmp_path):
    path = tmp_path / "sites.toml"
    path.write_text(MINIMAL + 'webhook_secrets = ["hunter2"]\n')
    with pytest.raises(SettingsError) as caught:
        load_sites(path, {})
    assert caught.value.__cause__ is caught.value.__context__ is None
    assert "hunter2" not in str(caught.value)
