"""The whole web: every section, and what holds for all of them.

Needs `app.extensions["settings"]` and `app.extensions["steps"]`, and an app that has taken
no request yet.
"""

from __future__ import annotations

from flask import Flask

from webapp.observability import metrics
from webapp.web import (
    body_length,
    cookies,
    errors,
    health,
    language,
    links,
    notice_endpoint,
    present,
    public_url,
    request_context,
    request_log,
    returned,
    security,
    start,
    static_files,
    theme,
)
from webapp.web.guards import GUARDS, guard_of
from webapp.web.login import handoff, provider
from webapp.web.login import views as login
from webapp.web.result import stream
from webapp.web.result import views as result

SECTIONS = (
    start.blueprint,
    login.blueprint,
    handoff.blueprint,
    links.blueprint,
    present.blueprint,
    result.blueprint,
    returned.blueprint,
    theme.blueprint,
    health.blueprint,
)


class Unguarded(RuntimeError):
    """A route does not say who may call it."""


def register(app: Flask) -> None:
    """Build the web onto `app`. Raises Unguarded, so that such a server never starts."""
    settings = app.extensions["settings"]
    public_url.place(app, settings)
    body_length.count(app)
    # Nobody needs OPTIONS here: no address is for scripts of other sites.
    app.config["PROVIDE_AUTOMATIC_OPTIONS"] = False
    request_log.log_requests(app)  # first, so that even a refused form has its id and line
    cookies.configure_session(app, settings)
    forms = cookies.protect_forms(app)
    request_context.give_to_templates(app)
    language.speak(app)
    errors.handle_errors(app)
    security.set_headers(app)
    static_files.serve_files(app)
    provider.connect(app, settings)
    stream.limit(app)
    for section in SECTIONS:
        app.register_blueprint(section)
    for view in (handoff.take_posted, login.logout):
        forms.exempt(view)
    refuse_unguarded(app)
    notice_endpoint.place(app, settings, observe=metrics.notice)


def refuse_unguarded(app: Flask) -> None:
    bare = [name for name, view in app.view_functions.items() if guard_of(view) not in GUARDS]
    if bare:
        raise Unguarded("no guard on: " + ", ".join(sorted(bare)))


def routes(app: Flask) -> list[tuple[str, str, str]]:
    """Each route as (address, methods, guard); what the architecture test compares."""
    found = [
        (
            rule.rule,
            " ".join(sorted(rule.methods or ())),
            guard_of(app.view_functions[rule.endpoint]) or "-",
        )
        for rule in app.url_map.iter_rules()
    ]
    return sorted(
        [*found, (notice_endpoint.ADDRESS, notice_endpoint.METHOD, notice_endpoint.GUARD)]
    )
