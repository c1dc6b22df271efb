"""sites.toml: what a site and its flows may say."""

import pytest

from tests.unit.config.samples import API_KEY_HASH as HASH
from tests.unit.config.samples import EC, ED, HANDOFF, MINIMAL, SIGNING, inline
from webapp.config.sites import Flow, Site

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


@pytest.mark.parametrize("way", ["oidc = true", f'api_keys = ["sha256:{HASH}"]'])
def test_each_way_in_is_enough(load, way):
    assert load(f'[sites.shop]\nname = "Shop"\n{way}\n')


def test_a_receiver_in_plain_http_is_for_intranets_that_say_so(load, site_problems):
    text = MINIMAL + f'webhook_url = "http://10.0.0.5/hook"\nwebhook_secrets = ["{SIGNING}"]\n'
    (problem,) = site_problems(text)
    assert problem.startswith("sites.toml line 4, sites.shop.webhook_url: must be https")
    assert load(text + "allow_private_webhook = true\n")["shop"].allow_private_webhook


def test_sites_cannot_be_changed(load):
    sites = load(MINIMAL)
    with pytest.raises(TypeError):
        sites["other"] = sites["shop"]
    with pytest.raises(AttributeError):
        sites["shop"].name = "Other"
    with pytest.raises(TypeError):
        sites["shop"].flows["other"] = Flow()
