"""Check the receivers of messages to host sites, without sending anything."""

from __future__ import annotations

import socket
from collections.abc import Iterator

from webapp.basics.urls import parse_url
from webapp.cli.doctor.finding import Finding, failure, good
from webapp.config.sites import Site
from webapp.http_transport.address_guard import is_public
from webapp.store.errors import StoreError
from webapp.wiring import Components


def findings(components: Components) -> Iterator[Finding]:
    """One line for each site with a `webhook_url`, and one for each disabled receiver."""
    for id_, site in components.settings.sites.items():
        if site.webhook_url is not None:
            yield (
                _behind_proxy(id_)
                if components.settings.outbound_proxy
                else _address(id_, site, site.webhook_url)
            )
    try:
        with components.database.reading() as work:
            disabled = work.receivers.disabled()
    except StoreError:
        return  # reported by the check of the database
    for each in disabled:
        why = "it answered 410" if each.disabled_reason == "gone" else "it failed for five days"
        yield failure(
            f"messages: the receiver of site {each.site} gets no more messages, because {why}: "
            f"repair it, test it with `webapp messages ping --site {each.site}`, then run "
            f"`webapp messages enable --site {each.site}`"
        )


def _behind_proxy(id_: str) -> Finding:
    return good(
        f"messages: the receiver of site {id_} is looked up by OUTBOUND_PROXY: its rules must "
        "refuse private addresses, because this server cannot see them"
    )


def _address(id_: str, site: Site, url: str) -> Finding:
    host = parse_url(url).host.strip("[]")
    try:
        addresses = {str(each[4][0]) for each in socket.getaddrinfo(host, None)}
    except (OSError, UnicodeError):
        return failure(
            f"messages: the host of webhook_url of site {id_} cannot be looked up: correct it in "
            "sites.toml, or see why this machine cannot look it up"
        )
    if site.allow_private_webhook:
        return good(f"messages: the receiver of site {id_} may have any address, as it is set")
    if not any(is_public(each) for each in addresses):
        return failure(
            f"messages: the host of webhook_url of site {id_} has private addresses only, to which "
            "no message is sent: use a public address, or set allow_private_webhook = true"
        )
    return good(f"messages: the receiver of site {id_} has a public address")
