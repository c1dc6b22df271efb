"""How settings depend on each other: inherited values, and combinations that are refused."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from webapp.config.sites import Site

OIDC = ("OIDC_ISSUER", "OIDC_CLIENT_ID", "OIDC_CLIENT_SECRET")
_TOKEN_AUTH_METHOD = "OIDC_TOKEN_AUTH_METHOD"  # noqa: S105 - the name of a setting
_WEBHOOK_HEADERS = "MOBBSCAN_WEBHOOK_HEADERS"
OPERATOR_OIDC = tuple(f"OPERATOR_{name}" for name in OIDC)


def inherited_texts(texts: Mapping[str, str]) -> dict[str, str]:
    """Return the texts that unset settings of the operators' login take over.

    Operators log in where users do, unless OPERATOR_OIDC_ISSUER is set. The client of one issuer is
    never shown to another: it is inherited only with the issuer.
    """
    if "OPERATOR_OIDC_ISSUER" in texts:
        return {}
    own_client = texts.keys() & set(OPERATOR_OIDC)
    names = OIDC[:1] if own_client else (*OIDC, _TOKEN_AUTH_METHOD)
    inherited = {f"OPERATOR_{name}": texts[name] for name in names if name in texts}
    return {name: text for name, text in inherited.items() if name not in texts}


def contradictions(
    texts: Mapping[str, str], wrong: Collection[str], sites: Mapping[str, Site]
) -> Iterator[str]:
    """Yield a sentence for each combination that cannot work; settings in `wrong` are left out.

    What operators inherit from an incomplete login of users would only repeat its problem.
    """
    yield from _forwarding(texts, wrong)
    missing = _missing(OIDC, texts, wrong)
    prefix = "OIDC"
    if not missing:
        inherited = {*wrong, *(f"OPERATOR_{name}" for name in wrong)}
        missing, prefix = _missing(OPERATOR_OIDC, texts, inherited), "OPERATOR_OIDC"
    for name in missing:
        yield f"{name} is missing: set all three of {prefix}_* or none."
    if "OIDC_ISSUER" in texts or "OIDC_ISSUER" in wrong:
        return
    for site in sites.values():
        if site.oidc:
            yield (
                f"OIDC_ISSUER is missing: site {site.id} has oidc = true; set all three of OIDC_*,"
                " or take that line out of the site."
            )


def _forwarding(texts: Mapping[str, str], wrong: Collection[str]) -> Iterator[str]:
    name = "FORWARD_UNKNOWN_NOTICES_TO"
    if name not in texts or {name, "PUBLIC_URL", _WEBHOOK_HEADERS} & set(wrong):
        return
    if _WEBHOOK_HEADERS not in texts:
        yield (
            f"{_WEBHOOK_HEADERS} is missing: without it no notice arrives that {name} could hand "
            "on; set it to the headers that the older receiver demands."
        )
    own = texts.get("PUBLIC_URL", "").rstrip("/").lower() + "/webhooks/"
    if texts[name].lower().startswith(own):
        yield f"{name} is this server's own address: set it to the older receiver, or unset it."


def _missing(names: tuple[str, ...], texts: Mapping[str, str], wrong: Collection[str]) -> list[str]:
    """Return the unset ones of settings that belong together, if others of them are set."""
    unset = [name for name in names if name not in texts]
    return [] if len(unset) == len(names) or set(wrong) & set(names) else unset
