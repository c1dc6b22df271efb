"""Values and helpers for tests of the configuration."""

import base64
import hashlib

import pytest
from joserfc.jwk import ECKey, OKPKey

from webapp.config.settings import Settings, SettingsError

PRIVATE_KEY = ECKey.generate_key("P-256", private=True).as_dict(private=True)
DATA_KEY = base64.urlsafe_b64encode(bytes(range(32))).decode()


HANDOFF = "a-secret-of-more-than-thirty-two-bytes"
MINIMAL = f'[sites.shop]\nname = "Shop"\nhandoff_keys = ["{HANDOFF}"]\n'
API_KEY_HASH = hashlib.sha256(b"the host's API key").hexdigest()
SIGNING = "whsec_" + base64.b64encode(bytes(range(32))).decode()
EC = ECKey.generate_key("P-256", private=True)
ED = OKPKey.generate_key("Ed25519", private=True)


def inline(jwk: dict[str, str]) -> str:
    """A JWK as an inline table of TOML."""
    return "{ " + ", ".join(f'{key} = "{value}"' for key, value in jwk.items()) + " }"


def problems(environ: dict[str, str]) -> tuple[str, ...]:
    with pytest.raises(SettingsError) as caught:
        Settings.from_environment(environ)
    for problem in caught.value.problems:
        assert problem in str(caught.value)
    return caught.value.problems


def only_problem(environ: dict[str, str]) -> str:
    (problem,) = problems(environ)
    return problem
