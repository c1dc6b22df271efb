"""Tests of the models that a valid sites.toml is read into."""

from datetime import UTC, datetime

import pytest

from tests.unit.config.samples import API_KEY_HASH as HASH
from tests.unit.config.samples import EC, ED, HANDOFF, MINIMAL, SIGNING, inline
from webapp.config.sites import Brand, Flow, Site

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
alternative_url = "https://shop.example/branch"
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
on_deadline = "stay"
reason_map = {{ "Document expired" = "document_expired" }}
extra_data = {{ channel = "web" }}
"""


def test_load_sites_every_key_of_a_site_is_read(load):
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
        brand=Brand(logo="https://shop.example/logo.svg", color="#0a5"),
        flows=load(EVERYTHING)["shop"].flows,
    )


def test_load_sites_every_key_of_a_flow_is_read(load):
    flows = load(EVERYTHING)["shop"].flows
    assert flows["default"] == Flow(
        name="default",
        country="ESP",
        document_type="IDCard",
        consent_version="2026-01",
        alternative_url="https://shop.example/branch",
        retention_days=90,
    )
    assert flows["strict"] == Flow(
        name="strict",
        mode="redirect",
        document_specific_type="ESPIDCardV4",
        microphone=True,
        decide="host",
        decide_within_minutes=30,
        on_deadline="stay",
        reason_map={"Document expired": "document_expired"},
        extra_data={"channel": "web"},
    )


def test_load_sites_api_key_without_scopes_has_the_scope_onboardings_alone(load):
    plain, some = load(EVERYTHING)["shop"].api_keys
    assert (plain.sha256, plain.name, plain.expires) == (HASH, None, None)
    assert plain.scopes == ("onboardings",)
    assert plain.label == f"sha256:{HASH[:12]}"
    assert (some.sha256, some.name, some.scopes) == ("0" * 64, "reports", ("data",))


@pytest.mark.parametrize("written", ['"2027-12-31"', "2027-12-31"])
def test_load_sites_api_key_is_accepted_until_the_end_of_its_last_day(load, written):
    text = f'api_keys = [{{ hash = "sha256:{HASH}", expires = {written} }}]'
    key = load(f'[sites.shop]\nname = "Shop"\n{text}\n')["shop"].api_keys[0]
    assert not key.is_expired(datetime(2027, 12, 31, 23, 59, 59, tzinfo=UTC))
    assert key.is_expired(datetime(2028, 1, 1, tzinfo=UTC))


def test_load_sites_minimal_site_gets_one_flow_with_defaults(load):
    site = load(MINIMAL)["shop"]
    assert site == Site(id="shop", name="Shop", handoff_keys=(HANDOFF,), flows=site.flows)
    assert site.locales == ("en",)
    assert dict(site.flows) == {"default": Flow()}
    flow = site.flows["default"]
    assert (flow.mode, flow.decide, flow.attempts) == ("iframe", "review", 3)
    assert (flow.decide_within_minutes, flow.on_deadline) == (60, "review")
    assert (flow.expires_after_hours, flow.retention_days) == (48, None)
    assert (flow.microphone, flow.consent_version) == (False, None)


def test_load_sites_keeps_the_order_of_the_file(load):
    text = "".join(f'[sites.{id_}]\nname = "S"\noidc = true\n' for id_ in ("b", "a", "c"))
    assert list(load(text)) == ["b", "a", "c"]


def test_load_sites_secret_references_are_resolved(load, tmp_path):
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


def test_site_repr_holds_no_secret(load):
    shown = repr(load(EVERYTHING))
    for secret in (HANDOFF, HASH, SIGNING, EC.as_dict(private=False)["x"]):
        assert secret not in shown


@pytest.mark.parametrize("way", ["oidc = true", f'api_keys = ["sha256:{HASH}"]'])
def test_load_sites_one_way_of_admission_is_enough(load, way):
    assert load(f'[sites.shop]\nname = "Shop"\n{way}\n')


def test_load_sites_addresses_are_stripped(load):
    text = MINIMAL + 'origins = [" https://shop.example "]\nprivacy_url = " https://a.example/p "\n'
    site = load(text)["shop"]
    assert (site.origins, site.privacy_url) == (("https://shop.example",), "https://a.example/p")


@pytest.mark.parametrize("scheme", ["http", "HTTP"])
def test_load_sites_plain_http_webhook_needs_allow_private_webhook(load, site_problems, scheme):
    url = f"{scheme}://10.0.0.5/hook"
    text = MINIMAL + f'webhook_url = "{url}"\nwebhook_secrets = ["{SIGNING}"]\n'
    (problem,) = site_problems(text)
    assert problem.startswith("sites.toml line 4, sites.shop.webhook_url: must be https")
    assert load(text + "allow_private_webhook = true\n")["shop"].allow_private_webhook


def test_sites_are_frozen_deeply(load):
    sites = load(EVERYTHING)
    site, flow = sites["shop"], sites["shop"].flows["strict"]
    for mapping in (sites, site.flows, site.handoff_keys[1], flow.reason_map, flow.extra_data):
        with pytest.raises(TypeError):
            mapping["other"] = None
    for model in (site, flow, site.brand, site.api_keys[0]):
        with pytest.raises(ValueError, match="frozen"):
            model.name = "Other"
