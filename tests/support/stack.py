"""Runs server, sandbox gateway, identity provider and shop as processes on free ports."""

import json
import secrets
import signal
import subprocess
import time
import uuid
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import httpx
from joserfc import jwt
from joserfc.jwk import OctKey

from mobbscan_sandbox.demo.child_processes import CHECKOUT, ChildProcesses
from mobbscan_sandbox.demo.instance_folder import InstanceFolder
from mobbscan_sandbox.demo.program_output import Terminal
from mobbscan_sandbox.demo.programs import programs, server_settings
from mobbscan_sandbox.demo.sites_file import Table, api_key_hash, shop_flow, shop_site, sites_toml
from tests.support.direct_database import DirectDatabase, DirectPostgres, DirectSqlite, Rows
from tests.support.forked_child import ForkedChild
from tests.support.forked_command import run_command
from tests.support.free_ports import free_addresses
from tests.support.http_session import HttpSession, Page
from tests.support.postgres import Postgres, shared

#: The name of the shop's API key that has every scope.
API_KEY_NAME = "of the tests"


@dataclass(frozen=True)
class Person:
    """A user of one test: `sub` is unique, so tests do not affect each other."""

    sub: str
    name: str
    locale: str


class Stack:
    """Server, sandbox gateway, identity provider and shop, with a new database.

    `database` is `sqlite`, `postgresql` (from the fixture `database_kind`) or a PostgreSQL server.
    `environment` adds settings of the server, `None` removes one (secrets are set as `NAME_FILE`).
    `site` and `flow` change the tables of the shop in `sites.toml`, `tables` adds others by their
    dotted names. `start` does not start the programs in `leave_out`; without the shop, the site has
    no receiver of messages.
    """

    def __init__(
        self,
        folder: Path,
        *,
        database: str | Postgres,
        environment: Mapping[str, str | None] | None = None,
        site: Table | None = None,
        flow: Table | None = None,
        tables: Mapping[str, Table] | None = None,
        leave_out: Collection[str] = (),
    ) -> None:
        self.addresses = free_addresses()
        self.instance = InstanceFolder(folder / "instance")
        self.instance.prepare(keep=False)
        self._postgres = _postgres(database)
        self._address = self._postgres.new_database() if self._postgres else None
        self._leave_out = leave_out
        self.api_key = secrets.token_urlsafe(32)
        self._write_sites(site or {}, flow or {}, tables or {})
        self.settings = self._settings(environment or {})
        self.sessions: list[HttpSession] = []
        four = programs(self.addresses, self.instance, self.settings)
        silent = Terminal(verbose=False)
        silent.mute()
        self.children = ChildProcesses(
            ForkedChild(program, self.instance.logs / f"{name}.log", silent)
            for name, program in four.items()
        )

    def __enter__(self) -> "Stack":
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # Processes

    def start(self, *names: str) -> None:
        """Start the named programs, or all that are not left out, and wait until they answer."""
        chosen = names or tuple(set(self.children.by_name) - set(self._leave_out))
        try:
            self.children.start(*chosen)
            self.children.wait_until_ready(*chosen)
        except BaseException:
            self.close()
            raise

    def stop(self, *names: str) -> None:
        """Stop with SIGTERM, then SIGKILL."""
        self.children.stop(*names)

    def restart(self, name: str) -> None:
        self.stop(name)
        self.start(name)

    def kill(self, name: str, number: signal.Signals = signal.SIGKILL) -> None:
        """Send a signal to the process; for the server, to its master only."""
        self.children.by_name[name].send(number)

    def close(self) -> None:
        # All data is deleted, so no graceful stop is needed.
        self.children.stop(seconds=0)
        self.gateway_control.close()
        for session in self.sessions:
            session.close()
        if self._postgres and self._address:
            self._postgres.drop(self._address)
            self._address = None

    def logs(self, name: str) -> str:
        """Return the log of a program since its first start."""
        return self.children.by_name[name].log.read_text(encoding="utf-8", errors="replace")

    def command(
        self, *arguments: str, seconds: float = 60, typed: str = ""
    ) -> subprocess.CompletedProcess[str]:
        """Run `python -m webapp …` with the server's settings; `typed` is its standard input."""
        return run_command(
            arguments,
            environment=self.children.by_name["server"].program.environment,
            folder=CHECKOUT,
            typed=typed,
            seconds=seconds,
        )

    # Addresses

    @property
    def server_url(self) -> str:
        return self.addresses.server_url

    @property
    def public_url(self) -> str:
        return self.settings["PUBLIC_URL"].rstrip("/")

    @property
    def gateway_url(self) -> str:
        return self.addresses.gateway_url

    @property
    def identity_provider_url(self) -> str:
        return self.addresses.identity_provider_url

    @property
    def shop_url(self) -> str:
        return self.addresses.shop_url

    @property
    def host_page_origin(self) -> str:
        """An origin of the shop where tests serve pages of their own (`embed_host_page`)."""
        return f"http://127.0.0.4:{self.addresses.shop}"

    @cached_property
    def gateway_control(self) -> httpx.Client:
        """The control API of the gateway in a box: paths are those below `/_sandbox/api`."""
        address = f"{self.gateway_url}/_sandbox/api"
        return httpx.Client(base_url=address, trust_env=False, timeout=30, verify=False)

    # People

    def person(self, name: str = "Ada Lovelace", locale: str = "en") -> Person:
        """Return a new person whom the identity provider knows by name."""
        given, _, family = name.partition(" ")
        one = Person(f"{given.lower()}-{uuid.uuid4().hex[:8]}", name, locale)
        claims = {"name": name, "given_name": given, "family_name": family, "locale": locale}
        address = f"{self.identity_provider_url}/users/{one.sub}"
        httpx.put(address, json=claims, verify=False, timeout=30).raise_for_status()
        return one

    def http_session(self, *, languages: str = "en") -> HttpSession:
        """Return a browser session at PUBLIC_URL."""
        self.sessions.append(HttpSession(self.public_url, languages=languages))
        return self.sessions[-1]

    def login_oidc(
        self, sub: str, session: HttpSession | None = None, site: str = "shop"
    ) -> tuple[HttpSession, Page]:
        """Log in through the identity provider; return the session and the last page."""
        session = session or self.http_session()
        provider = session.get(f"{self.public_url}/login?site={site}")
        assert provider.url.startswith(self.identity_provider_url), provider
        return session, session.submit(provider, provider.form(with_field="sub"), sub=sub)

    def login_handoff(
        self,
        person: Person | str,
        session: HttpSession | None = None,
        *,
        key: str | None = None,
        **claims: object,
    ) -> tuple[HttpSession, Page]:
        """Log in with a new hand-off; return the session and the last page."""
        session = session or self.http_session()
        token = self.handoff_token(person, key=key, **claims)
        return session, session.get(f"{self.public_url}/handoff", params={"token": token})

    def handoff_token(
        self, person: Person | str, *, key: str | None = None, **claims: object
    ) -> str:
        """Return a hand-off token signed by the shop; `claims` are added, `None` removes one."""
        one = person if isinstance(person, Person) else Person(person, person.title(), "en")
        now = int(time.time())
        standard: dict[str, object] = {
            "iss": "shop",
            "aud": self.public_url,
            "sub": one.sub,
            "iat": now,
            "exp": now + 120,
            "jti": uuid.uuid4().hex,
            "name": one.name,
            "locale": one.locale,
            "return_url": f"{self.shop_url}/account",
            "state": "state-of-the-shop",
        }
        given = {name: value for name, value in {**standard, **claims}.items() if value is not None}
        secret = OctKey.import_key(key or self.instance.secret("handoff_key"))
        return jwt.encode({"alg": "HS256"}, given, secret)

    def api(self, key: str | None = None) -> httpx.Client:
        """Return a client of the shop's API; its key has every scope unless another is given."""
        headers = {"Authorization": f"Bearer {key or self.api_key}"}
        address = f"{self.public_url}/api/v1"
        return httpx.Client(
            base_url=address, headers=headers, trust_env=False, timeout=30, verify=False
        )

    def _api_key_entry(self) -> dict[str, object]:
        scopes = ["onboardings", "data", "evidence", "decide", "erase"]
        return {"name": API_KEY_NAME, "hash": api_key_hash(self.api_key), "scopes": scopes}

    # Internals of the server

    @property
    def webhook_headers(self) -> dict[str, str]:
        """The headers that authenticate a notice."""
        headers: dict[str, str] = json.loads(self.instance.secret("webhook_headers"))
        return headers

    def sqlite_file(self) -> Path:
        """Return the path of the SQLite file."""
        assert not self._postgres, "this stack has no SQLite file"
        return self.instance.state / "mobbscan-embed.sqlite3"

    def rows(self, query: str, *values: object) -> Rows:
        """Query the server's database directly; `?` stands for a value."""
        return self._direct_database.rows(query, values)

    def change(self, query: str, *values: object) -> int:
        """Change the server's database directly; return the number of changed rows."""
        return self._direct_database.change(query, values)

    def stored(self) -> Iterator[tuple[str, bytes]]:
        """Return all stored bytes by name: files, and tables on PostgreSQL."""
        for path in self.instance.state.rglob("*"):
            if path.is_file():
                yield path.name, path.read_bytes()
        if self._postgres:
            yield from self._direct_database.stored()

    @cached_property
    def _direct_database(self) -> DirectDatabase:
        return DirectPostgres(self._address) if self._address else DirectSqlite(self.sqlite_file())

    def _settings(self, changes: Mapping[str, str | None]) -> dict[str, str]:
        settings: dict[str, str | None] = {
            **server_settings(self.addresses, self.instance),
            "TRUSTED_PROXY_HOPS": "1",  # see HttpSession
            "DATABASE_URL": self._address,
            **changes,
        }
        for name in changes:
            # A given value replaces the `NAME_FILE` setting.
            if not name.endswith("_FILE"):
                settings.pop(f"{name}_FILE", None)
        return {name: value for name, value in settings.items() if value is not None}

    def _write_sites(self, site: Table, flow: Table, tables: Mapping[str, Table]) -> None:
        receiver = {} if "shop" not in self._leave_out else {"webhook_url": None}
        origins = [self.shop_url, self.host_page_origin]
        shop = shop_site(self.addresses, self.instance)
        shop = {
            **shop,
            "api_keys": [*shop["api_keys"], self._api_key_entry()],
            "origins": origins,
            **receiver,
            **site,
        }
        shop_tables = {"sites.shop": shop, "sites.shop.flows.default": {**shop_flow(), **flow}}
        self.instance.write_sites(sites_toml({**shop_tables, **tables}))


def _postgres(database: str | Postgres) -> Postgres | None:
    if isinstance(database, Postgres):
        return database
    return shared() if database == "postgresql" else None
