"""Build the identity provider: oidc-provider-mock with our users, our pages and required PKCE."""

import logging
import secrets
import warnings
from collections.abc import Sequence
from pathlib import Path

from authlib.deprecate import AuthlibDeprecationWarning
from flask import Flask

from mobbscan_sandbox.identity_provider.pkce import require_pkce
from mobbscan_sandbox.identity_provider.texts import TEXTS
from mobbscan_sandbox.identity_provider.users import USERS, ProviderUser
from mobbscan_sandbox.languages import requested_language

with warnings.catch_warnings():
    # oidc-provider-mock imports the deprecated authlib.jose; only its authors can change that.
    warnings.simplefilter("ignore", AuthlibDeprecationWarning)
    import oidc_provider_mock

_FOLDER = Path(__file__).parent


def create_identity_provider(users: Sequence[ProviderUser] = USERS) -> Flask:
    """Build the Flask application.

    Any client id and secret is accepted; authorization requests need PKCE and a nonce.
    """
    app = Flask(__name__, root_path=str(_FOLDER))
    app.secret_key = secrets.token_bytes(32)
    original_wsgi_app = app.wsgi_app
    user_claims = [oidc_provider_mock.User(sub=user.sub, claims=user.claims) for user in users]
    oidc_provider_mock.init_app(app, require_nonce=True, user_claims=user_claims)
    # oidc-provider-mock enables the interactive debugger, which is a remote console.
    app.debug, app.wsgi_app = False, original_wsgi_app  # type: ignore[method-assign]
    # oidc-provider-mock logs a traceback for each unknown address.
    logging.getLogger("oidc_provider_mock").setLevel(logging.ERROR)
    require_pkce(app)
    users_by_sub = {user.sub: user for user in users}

    @app.context_processor
    def page_context() -> dict[str, object]:
        language = requested_language()
        return {"users": users_by_sub, "language": language, "t": TEXTS[language]}

    return app
