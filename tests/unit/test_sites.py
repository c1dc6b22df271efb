"""sites.toml: what a site may say, and how each mistake is named with line and key."""

import base64
import hashlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from joserfc.jwk import ECKey, OctKey, OKPKey, RSAKey

from webapp.configuration.toml_lines import line_of
from webapp.settings import SettingsError
from webapp.sites import Flow, Site, load_sites

HASH = hashlib.sha256(b"the host's API key").hexdigest()
HANDOFF = "a-secret-of-more-than-thirty-two-bytes"
SIGNING = "whsec_" + base64.b64encode(bytes(range(32))).decode()
EC = ECKey.generate_key("P-256", private=True)
ED = OKPKey.generate_key("Ed25519", private=True)
MINIMAL = f'[sites.shop]\nname = "Shop"\nhandoff_keys = ["{HANDOFF}"]\n'


@pytest.fixture
def load(tmp_path: Path):
    def load(text: str, environ: dict[str, str] | None = None):
        path = tmp_path / "sites.toml"
        path.write_text(text, encoding="utf-8")
        return load_sites(path, environ or {})

    return load


@pytest.fixture
def problems(load):
    def problems(text: str, environ: dict[str, str] | None = None) -> tuple[str, ...]:
        with pytest.raises(SettingsError) as caught:
            load(text, environ)
        return caught.value.problems

    return problems


def inline(jwk: dict[str, str]) -> str:
    return "{ " + ", ".join(f'{key} = "{value}"' for key, value in jwk.items()) + " }"


EC_PUBLIC, ED_PUBLIC = (inline(key.as_dict(private=False)) for key in (EC, ED))
EVERYTHING = f"""
[sites.shop]
name = "Example Shop"
origins = ["https://shop.example", "http://localhost:8003", "http://shop.localhost:8003"]
return_urls = ["https://shop.example/account"]
oidc = false
handoff_keys = ["{HANDOFF}", {EC_PUBLIC}, {ED_PUBLIC}]
api_keys = ["sha256:{HASH}", {{ name = "reports", hash = "sha256:{"0" * 64}", scopes = ["data"] }}]
webhook_url = "https://shop.example/hooks/identity"
webhook_secrets = ["{SIGNING}"]
allow_private_webhook = false
privacy_url = "https://shop.example/privacy"
support_url = "https://shop.example/help"
locales = ["en", "es"]
brand = {{ logo = "https://shop.example/logo.svg", color = "#0a5" }}

[sites.shop.flows.default]
mode = "iframe"
country = "ESP"
document_type = "IDCard"
microphone = false
consent_version = "2026-01"
decide = "review"
attempts = 3
expires_after_hours = 48
retention_days = 90

[sites.shop.flows.strict]
mode = "redirect"
document_specific_type = "ESPIDCardV4"
microphone = true
decide = "host"
decide_within_minutes = 30
reason_map = {{ "Document expired" = "document_expired" }}
extra_data = {{ channel = "web" }}
"""


def test_every_key_that_a_site_may_have_is_read(load):
    assert load(EVERYTHING)["shop"] == Site(
        id="shop",
        name="Example Shop",
        origins=("https://shop.example", "http://localhost:8003", "http://shop.localhost:8003"),
        return_urls=("https://shop.example/account",),
        oidc=False,
        handoff_keys=(HANDOFF, EC.as_dict(private=False), ED.as_dict(private=False)),
        api_keys=load(EVERYTHING)["shop"].api_keys,
        webhook_url="https://shop.example/hooks/identity",
        webhook_secrets=(SIGNING,),
        privacy_url="https://shop.example/privacy",
        support_url="https://shop.example/help",
        locales=("en", "es"),
        brand_logo="https://shop.example/logo.svg",
        brand_color="#0a5",
        flows=load(EVERYTHING)["shop"].flows,
    )


def test_every_key_that_a_flow_may_have_is_read(load):
    flows = load(EVERYTHING)["shop"].flows
    assert flows["default"] == Flow(
        name="default",
        country="ESP",
        document_type="IDCard",
        consent_version="2026-01",
        retention_days=90,
    )
    assert flows["strict"] == Flow(
        name="strict",
        mode="redirect",
        document_specific_type="ESPIDCardV4",
        microphone=True,
        decide="host",
        decide_within_minutes=30,
        reason_map={"Document expired": "document_expired"},
        extra_data={"channel": "web"},
    )


def test_an_api_key_has_every_scope_unless_it_names_some(load):
    every, some = load(EVERYTHING)["shop"].api_keys
    assert (every.sha256, every.name) == (HASH, None)
    assert every.scopes == {"onboardings", "data", "evidence", "decide", "erase"}
    assert (some.sha256, some.name, some.scopes) == ("0" * 64, "reports", {"data"})


def test_a_site_needs_little_and_gets_one_flow_with_defaults(load):
    site = load(MINIMAL)["shop"]
    assert site == Site(id="shop", name="Shop", handoff_keys=(HANDOFF,), flows=site.flows)
    assert site.locales == ("en",)
    assert dict(site.flows) == {"default": Flow()}
    flow = site.flows["default"]
    assert (flow.mode, flow.decide, flow.attempts) == ("iframe", "review", 3)
    assert (flow.expires_after_hours, flow.retention_days) == (48, None)
    assert (flow.microphone, flow.consent_version) == (False, None)


def test_sites_keep_the_files_order(load):
    text = "".join(f'[sites.{id_}]\nname = "S"\noidc = true\n' for id_ in ("b", "a", "c"))
    assert list(load(text)) == ["b", "a", "c"]


def test_secrets_may_lie_in_the_environment_or_in_a_file(load, tmp_path):
    (tmp_path / "secret").write_text(f"{SIGNING}\n")
    site = load(
        '[sites.shop]\nname = "Shop"\n'
        'handoff_keys = ["env:SHOP_KEY"]\n'
        'api_keys = [{ hash = "env:SHOP_HASH" }]\n'
        'webhook_url = "https://shop.example/hook"\n'
        f'webhook_secrets = ["file:{tmp_path / "secret"}"]\n',
        {"SHOP_KEY": HANDOFF, "SHOP_HASH": f"sha256:{HASH}"},
    )["shop"]
    assert site.handoff_keys == (HANDOFF,)
    assert site.api_keys[0].sha256 == HASH
    assert site.webhook_secrets == (SIGNING,)


def test_no_secret_of_a_site_shows_in_repr(load):
    shown = repr(load(EVERYTHING))
    for secret in (HANDOFF, HASH, SIGNING, EC.as_dict(private=False)["x"]):
        assert secret not in shown


SITE_MISTAKES = [
    ('nam = "x"', "nam: unknown key; did you mean name?"),
    ("zzz = 1", "zzz: unknown key"),
    ("oidc = 1", "oidc: must be true or false"),
    ('oidc = "true"', "oidc: must be true or false"),
    ('origins = "https://shop.example"', "origins: must be a list in square brackets"),
    ("origins = [1]", "origins[0]: must be a text in quotes, not empty"),
    ('origins = ["http://shop.example"]', "origins[0]: must be https"),
    ('origins = ["https://a.example", "https://b.example/x"]', "origins[1]: must be an origin"),
    ('origins = ["*"]', "origins[0]: is not a full web address"),
    ('origins = ["https://*.example"]', "origins[0]: has a host name that no browser accepts"),
    ('return_urls = ["/account"]', "return_urls[0]: is not a full web address"),
    ('return_urls = ["https://shop.example/?a=1"]', "return_urls[0]: must not have a query"),
    ('return_urls = ["https://shop.example/a/../b"]', "return_urls[0]: must have a plain path"),
    ('return_urls = ["https://u:p@shop.example/"]', "return_urls[0]: must not hold a user name"),
    ('return_urls = ["javascript:alert(1)"]', "return_urls[0]: is not a full web address"),
    ('api_keys = ["the-key-itself"]', "api_keys[0]: must be sha256:"),
    ('api_keys = ["sha256:ABC"]', "api_keys[0]: must be sha256:"),
    ("api_keys = [{}]", "api_keys[0]: must have a hash"),
    ('api_keys = [{ hsh = "x" }]', "api_keys[0].hsh: unknown key; did you mean hash?"),
    (
        f'api_keys = [{{ hash = "sha256:{HASH}", scopes = ["all"] }}]',
        "api_keys[0].scopes[0]: must be one of onboardings, data, evidence, decide, erase",
    ),
    (f'api_keys = [{{ hash = "sha256:{HASH}", name = 1 }}]', "api_keys[0].name: must be a text"),
    ("webhook_url = 1", "webhook_url: must be a text"),
    ('webhook_url = "https://shop.example/h#a"', "webhook_url: must not have a fragment"),
    ('webhook_url = "https://shop.example/h"', "webhook_url: needs webhook_secrets"),
    ('webhook_secrets = ["hunter2"]', "webhook_secrets[0]: must be whsec_"),
    ('webhook_secrets = ["whsec_aHVudGVyMg=="]', "webhook_secrets[0]: must be whsec_"),
    ('webhook_secrets = ["whsec_!"]', "webhook_secrets[0]: must be whsec_"),
    ('privacy_url = "javascript:alert(1)"', "privacy_url: is not a full web address"),
    ('support_url = "http://shop.example"', "support_url: must be https"),
    ("locales = []", "locales: must name one language or more"),
    ('locales = ["english"]', "locales[0]: must be written like en or es-MX"),
    ('brand = "#0a5"', "brand: must be a table"),
    ('brand = { colour = "#0a5" }', "brand.colour: unknown key; did you mean color?"),
    ('brand = { color = "red" }', "brand.color: must be written like #0a5"),
    ('brand = { logo = "logo.svg" }', "brand.logo: is not a full web address"),
    ("flows = 1", "flows: must be a table"),
    ("flows.default = 1", "flows.default: must be a table: [sites.shop.flows.default]"),
    ("flows.Default = {}", "flows.Default: a flow's name has lower-case letters"),
]


@pytest.mark.parametrize(("line", "complaint"), SITE_MISTAKES)
def test_a_mistake_in_a_site_is_named_with_line_and_key(problems, line, complaint):
    (problem,) = problems(f"# a comment\n{MINIMAL}{line}\n")
    assert problem.startswith(f"sites.toml line 5, sites.shop.{complaint}")
    assert "hunter2" not in problem


FLOW_MISTAKES = [
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
    ("decide_within_minutes = 0", "decide_within_minutes: must be a whole number"),
    ("attempts = 0", "attempts: must be a whole number from 1"),
    ("attempts = 1.5", "attempts: must be a whole number from 1"),
    ("attempts = true", "attempts: must be a whole number from 1"),
    ("expires_after_hours = -1", "expires_after_hours: must be a whole number from 1"),
    ('retention_days = "90"', "retention_days: must be a whole number from 1"),
    ('reason_map = { "x" = "bad" }', "reason_map.x: must be one of document_expired"),
    ("reason_map = []", "reason_map: must be a table"),
    ("extra_data = { a = 1 }", "extra_data.a: must be a text in quotes"),
]


@pytest.mark.parametrize(("line", "complaint"), FLOW_MISTAKES)
def test_a_mistake_in_a_flow_is_named_with_line_and_key(problems, line, complaint):
    (problem,) = problems(f"{MINIMAL}\n[sites.shop.flows.default]\n{line}\n")
    assert problem.startswith(f"sites.toml line 6, sites.shop.flows.default.{complaint}")


def test_all_mistakes_of_all_sites_come_at_once(problems):
    text = (
        "[sites.a]\noidcc = true\n"
        '[sites.b]\nname = "B"\noidc = true\nlocales = ["en",\n "e"]\n'
        '[sites.b.flows.quick]\nmode = "popup"\nattempts = 0\n'
    )
    assert [problem.split(":")[0] for problem in problems(text)] == [
        "sites.toml line 2, sites.a.oidcc",
        "sites.toml line 1, sites.a",
        "sites.toml line 1, sites.a",
        "sites.toml line 6, sites.b.locales[1]",
        "sites.toml line 9, sites.b.flows.quick.mode",
        "sites.toml line 10, sites.b.flows.quick.attempts",
    ]


def test_a_site_has_a_name_and_lets_somebody_in(problems):
    name, way = problems("[sites.shop]\nhandoff_keys = []\n")
    assert name.startswith("sites.toml line 1, sites.shop: has no name")
    assert way.startswith("sites.toml line 1, sites.shop: lets nobody in")


@pytest.mark.parametrize("way", ["oidc = true", f'api_keys = ["sha256:{HASH}"]'])
def test_each_way_in_is_enough(load, way):
    assert load(f'[sites.shop]\nname = "Shop"\n{way}\n')


@pytest.mark.parametrize("id_", ["Shop", "'-shop'", "'a.b'", "'a b'", "'" + "a" * 64 + "'", "''"])
def test_a_sites_id_is_fit_for_addresses(problems, id_):
    (problem,) = problems(f'[sites.{id_}]\nname = "Shop"\noidc = true\n')
    assert "a site's name has lower-case letters, digits and hyphens only" in problem


@pytest.mark.parametrize("text", ["", "sites = 1", "[sites]", "# nothing"])
def test_a_file_without_sites_is_refused(problems, text):
    assert problems(text)[-1].endswith("sites: has no site; write one as [sites.shop]")


def test_a_table_in_the_wrong_place_is_refused(problems):
    (problem,) = problems(MINIMAL + "[site.other]\n")
    assert problem == "sites.toml line 4, site: unknown key; did you mean sites?"


def test_a_file_that_is_not_toml_is_refused_with_its_line(problems):
    (problem,) = problems('[sites.shop]\nname = "hunter2\n')
    assert problem.startswith("sites.toml is not valid TOML: ")
    assert "at line 2" in problem
    assert "hunter2" not in problem


def test_a_file_that_cannot_be_read_is_refused(tmp_path):
    (tmp_path / "sites.toml").write_bytes(b"\xff")
    for path in (tmp_path, tmp_path / "none.toml", tmp_path / "sites.toml"):
        with pytest.raises(SettingsError, match="cannot be read as text"):
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
)
def test_a_handoff_key_is_a_long_secret_or_a_public_key(problems, key):
    (problem,) = problems(f'[sites.shop]\nname = "Shop"\nhandoff_keys = ["{HANDOFF}", {key}]\n')
    assert problem.startswith("sites.toml line 3, sites.shop.handoff_keys[1]: must be ")


@pytest.mark.parametrize(
    "reference", ["env:NOT_SET", "env:EMPTY", "env:no name", "file:/nowhere", "file:", "env:"]
)
def test_a_reference_that_leads_nowhere_is_refused_and_not_shown(problems, reference):
    text = f'[sites.shop]\nname = "Shop"\nhandoff_keys = ["{reference}"]\n'
    (problem,) = problems(text, {"EMPTY": " "})
    assert problem.startswith("sites.toml line 3, sites.shop.handoff_keys[0]: ")
    assert "NOT_SET" not in problem
    assert "nowhere" not in problem


def test_a_receiver_in_plain_http_is_for_intranets_that_say_so(load, problems):
    text = MINIMAL + f'webhook_url = "http://10.0.0.5/hook"\nwebhook_secrets = ["{SIGNING}"]\n'
    (problem,) = problems(text)
    assert problem.startswith("sites.toml line 4, sites.shop.webhook_url: must be https")
    assert load(text + "allow_private_webhook = true\n")["shop"].allow_private_webhook


def test_one_api_key_cannot_stand_for_two_sites(problems):
    other = MINIMAL.replace("shop", "other")
    key = f'api_keys = ["sha256:{HASH}"]\n'
    (problem,) = problems(MINIMAL + key + other + key)
    assert problem == "sites.toml line 8, sites.other.api_keys: has a key that site shop has too"


def test_two_ways_to_name_the_document_are_one_too_many(problems):
    text = MINIMAL + "[sites.shop.flows.default]\n"
    text += 'document_type = "IDCard"\ndocument_specific_type = "ESPIDCardV4"\n'
    (problem,) = problems(text)
    assert problem.startswith("sites.toml line 6, sites.shop.flows.default.document_specific_type:")


def test_sites_cannot_be_changed(load):
    sites = load(MINIMAL)
    with pytest.raises(TypeError):
        sites["other"] = sites["shop"]
    with pytest.raises(AttributeError):
        sites["shop"].name = "Other"
    with pytest.raises(TypeError):
        sites["shop"].flows["other"] = Flow()


LINES = '''
title = """
[not.a.table]
name = "inside"
""" # comment

[a."b.c"]
d.e = 1
"quoted key" = [
  1, # one
  2,
]
f = { g = { h = 1 } }
[[list]]
x = 1
[[list]]
x = 2
[last]
'''


@pytest.mark.parametrize(
    ("path", "line"),
    [
        (("title",), 2),
        (("a", "b.c"), 7),
        (("a", "b.c", "d", "e"), 8),
        (("a", "b.c", "quoted key"), 9),
        (("a", "b.c", "quoted key", 1), 9),
        (("a", "b.c", "f", "g", "h"), 13),
        (("list",), 14),
        (("last",), 18),
        (("last", "absent"), 18),
        (("absent",), 1),
        ((), 1),
    ],
)
def test_the_line_of_a_key_is_found_however_it_is_written(path, line):
    assert line_of(LINES, path) == line


@given(st.lists(st.sampled_from(["", "# note", 'x = "[y]"', "x = [\n1,\n2]", "x = '''\n[z]\n'''"])))
def test_the_line_of_a_key_does_not_depend_on_what_stands_before_it(before):
    tables = "".join(f"[t{number}]\n{text}\n" for number, text in enumerate(before))
    text = f"{tables}[wanted]\nkey = 1\n"
    assert line_of(text, ("wanted", "key")) == text.count("\n")
