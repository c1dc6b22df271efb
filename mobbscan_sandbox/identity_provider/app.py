"""oidc-provider-mock with our people, our pages and a strict eye on PKCE."""

import logging
import secrets
import warnings
from collections.abc import Sequence
from pathlib import Path

from authlib.deprecate import AuthlibDeprecationWarning
from flask import Flask

from mobbscan_sandbox.identity_provider.pkce import require_pkce
from mobbscan_sandbox.identity_provider.users import USERS, ProviderUser

with warnings.catch_warnings():
    # The mock is built on authlib.jose, which announces its end; nobody here can act on that.
    warnings.simplefilter("ignore", AuthlibDeprecationWarning)
    import oidc_provider_mock

HERE = Path(__file__).parent


def create_identity_provider(everybody: Sequence[ProviderUser] = USERS) -> Flask:
    """Make the provider. Any client id and secret is accepted; codes need PKCE and a nonce."""
    app = Flask(__name__, root_path=str(HERE))
    app.secret_key = secrets.token_bytes(32)
    plain = app.wsgi_app
    users = [oidc_provider_mock.User(sub=one.sub, claims=one.claims) for one in everybody]
    oidc_provider_mock.init_app(app, require_nonce=True, user_claims=users)
    # The mock switches on the interactive debugger: a pretend provider needs no remote console.
    app.debug, app.wsgi_app = False, plain  # type: ignore[method-assign]
    # It also warns, with a traceback, whenever a visitor mistypes an address.
    logging.getLogger("oidc_provider_mock").setLevel(logging.ERROR)
    require_pkce(app)
    known = {one.sub: one for one in everybody}
    app.context_processor(lambda: {"known": known})
    return app
