"""Register every blueprint, hook and middleware of the web on a Flask app.

The app must have `app.extensions["settings"]` and `app.extensions["steps"]`, and must not have
handled a request.
"""

from __future__ import annotations

from flask import Flask

from webapp.observability import metrics
from webapp.web import (
    body_length,
    client_address,
    cookies,
    embed_script,
    errors,
    health,
    language,
    limits,
    links,
    notice_endpoint,
    present,
    public_url,
    request_context,
    request_log,
    result_keys,
    returned,
    security_headers,
    start,
    static_files,
    status_stream,
    theme,
)
from webapp.web.api import (
    data,
    decisions,
    descriptions,
    erasures,
    evidence,
    messages,
    onboardings,
    problem_pages,
    subjects,
)
from webapp.web.api.blueprint import blueprint as api
from webapp.web.embed import frame_page, session
from webapp.web.embed import report as element_report
from webapp.web.embed import views as embed_views
from webapp.web.embed.blueprint import blueprint as embed
from webapp.web.guards import GUARDS, guard_of
from webapp.web.login import handoff, identity_provider
from webapp.web.login import views as login
from webapp.web.page_texts import lookup as page_texts
from webapp.web.result import views as result

BLUEPRINTS = (
    start.blueprint,
    login.blueprint,
    handoff.blueprint,
    links.blueprint,
    present.blueprint,
    result.blueprint,
    returned.blueprint,
    theme.blueprint,
    result_keys.blueprint,
    health.blueprint,
    api,
    embed,
    problem_pages.blueprint,
    element_report.blueprint,
)
#: Their views are registered on the blueprints of the API and the frame when they are imported.
_VIEWS = (
    onboardings,
    decisions,
    data,
    evidence,
    subjects,
    messages,
    erasures,
    descriptions,
    frame_page,
    session,
    embed_views,
)


class UnguardedRoute(RuntimeError):
    """A route has no access guard."""


def register(app: Flask) -> None:
    """Register the web on `app`. Raises UnguardedRoute, so that such a server never starts."""
    settings = app.extensions["settings"]
    public_url.install(app, settings)
    body_length.install(app)
    # No route is for scripts of other origins, so no route needs OPTIONS.
    app.config["PROVIDE_AUTOMATIC_OPTIONS"] = False
    request_log.log_requests(app)  # first: a refused form needs an id and a log line too
    client_address.install(app, settings)
    limits.install(app)
    cookies.configure_session(app, settings)
    csrf = cookies.protect_forms(app)
    request_context.add_template_context(app)
    language.init_babel(app)
    page_texts.add_to_templates(app)
    errors.register_error_handlers(app)
    security_headers.set_headers(app)
    static_files.serve_files(app)
    embed_script.serve_element(app)
    identity_provider.init_identity_provider(app, settings)
    status_stream.init_slots(app)
    for blueprint in BLUEPRINTS:
        app.register_blueprint(blueprint)
    # These two check the CSRF token themselves, where a request needs one.
    for view in (handoff.handoff_by_form, login.logout):
        csrf.exempt(view)
    for without_cookies in (api, embed, element_report.blueprint):
        csrf.exempt(without_cookies)
    refuse_unguarded_routes(app)
    notice_endpoint.install(app, settings, observe=metrics.notice)


def refuse_unguarded_routes(app: Flask) -> None:
    """Raise UnguardedRoute for views without a known guard."""
    unguarded = [name for name, view in app.view_functions.items() if guard_of(view) not in GUARDS]
    if unguarded:
        names = ", ".join(sorted(unguarded))
        raise UnguardedRoute(f"no access guard on: {names}; decorate it with one of guards.py")


def routes(app: Flask) -> list[tuple[str, str, str]]:
    """Return each route as (path, methods, guard), for the architecture test."""
    found = [
        (
            rule.rule,
            " ".join(sorted(rule.methods or ())),
            guard_of(app.view_functions[rule.endpoint]) or "-",
        )
        for rule in app.url_map.iter_rules()
    ]
    return sorted([*found, (notice_endpoint.PATH, notice_endpoint.METHOD, notice_endpoint.GUARD)])
