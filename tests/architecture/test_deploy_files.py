"""Checks of deploy/: names match the code, alerts match the metrics, no secret is contained."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from webapp.cli.main import main
from webapp.config.setting_fields import SETTINGS
from webapp.observability import metrics
from webapp.store.statistics import Statistics

SECRET = re.compile(r"KEY|SECRET|TOKEN|PASSWORD|HEADERS|DATABASE_URL")
NAMES = set(SETTINGS)
UNITS = ("mobbscan-embed.service", "mobbscan-embed-worker.service")


@pytest.fixture(scope="module")
def deploy(root: Path) -> Path:
    return root / "deploy"


def parsed(path: Path) -> Any:
    return yaml.safe_load(path.read_text("utf-8"))


def alerts(deploy: Path) -> list[dict[str, Any]]:
    rules: list[dict[str, Any]] = parsed(deploy / "alerts.yml")["groups"][0]["rules"]
    return rules


STATISTICS = Statistics({}, 0, 0, 0, 0, 0, 0, 0, 0, 0, {"gateway_forbidden": 1}, 1)


def known_metrics(statistics: Statistics | None = STATISTICS) -> set[str]:
    metrics.request("GET", "unmatched", 404, 0.1)
    text = metrics.exposition(statistics).decode()
    return set(re.findall(r"^(mobbscan_embed_\w+)[{ ]", text, re.M))


def test_each_metric_of_an_alert_exists(deploy: Path) -> None:
    known = known_metrics()
    for alert in alerts(deploy):
        used = set(re.findall(r"mobbscan_embed_\w+", alert["expr"]))
        assert used <= known, alert["alert"]
        for label in re.findall(r'(\w+)=~?"', alert["expr"]):
            assert label in ("job", "outcome", "call", "status", "alarm")


def test_each_outcome_of_an_alert_exists(deploy: Path) -> None:
    words = {*metrics.NOTICE_OUTCOMES, *metrics.OUTCOMES, *metrics.CALLS}
    for alert in alerts(deploy):
        for used in re.findall(r'(?:outcome|call)=~?"([^"]+)"', alert["expr"]):
            assert set(used.split("|")) <= words, alert["alert"]


def test_absent_alert_on_a_database_metric_requires_database_up(
    deploy: Path,
) -> None:
    from_the_database = known_metrics() - known_metrics(None)
    absent_alerts = {
        name: alert["expr"]
        for alert in alerts(deploy)
        for name in re.findall(r"absent\((\w+)\)", alert["expr"])
    }
    assert absent_alerts.keys() == {"mobbscan_embed_jobs_seen_seconds"}
    for name in absent_alerts.keys() & from_the_database:
        assert f"(absent({name}) and max(mobbscan_embed_database_up) == 1)" in absent_alerts[name]


def test_each_alert_is_documented(deploy: Path, root: Path) -> None:
    page = (root / "docs" / "operations.md").read_text("utf-8")
    assert [a["alert"] for a in alerts(deploy) if f"| `{a['alert']}` |" not in page] == []


def test_each_metric_is_documented(root: Path) -> None:
    page = (root / "docs" / "operations.md").read_text("utf-8")
    families = {re.sub(r"_(total|bucket|sum|count)$", "", name) for name in known_metrics()}
    assert sorted(name for name in families if f"`{name}" not in page) == []


def unit(deploy: Path, name: str) -> list[tuple[str, str]]:
    lines = (deploy / name).read_text("utf-8").splitlines()
    return [(key, value) for key, _, value in (line.partition("=") for line in lines) if value]


def optional_settings(deploy: Path, name: str) -> list[tuple[str, str]]:
    """Return the commented settings of a unit: `#` without a space."""
    return [(key[1:], value) for key, value in unit(deploy, name) if re.match(r"#\S", key)]


@pytest.mark.parametrize("name", UNITS)
def test_unit_settings_exist_and_secrets_are_credentials(deploy: Path, name: str) -> None:
    given = unit(deploy, name) + optional_settings(deploy, name)
    assert ("Environment", "DATABASE_URL_FILE=%d/database_url") in given
    credentials = {value.split(":")[0] for key, value in given if key == "LoadCredential"}
    for setting, _, value in (v.partition("=") for k, v in given if k == "Environment"):
        assert {setting, setting.removesuffix("_FILE")} & NAMES
        if SECRET.search(setting):
            assert setting.endswith("_FILE")
            assert value.removeprefix("%d/") in credentials


def test_each_unit_has_its_own_instance_folder(deploy: Path) -> None:
    """A node with both units runs two jobs processes: the server starts one itself."""
    folders = set()
    for name in UNITS:
        given = unit(deploy, name)
        (folder,) = [v for k, v in given if k == "Environment" and v.startswith("INSTANCE_DIR=")]
        assert folder == f"INSTANCE_DIR=/var/lib/{dict(given)['StateDirectory']}"
        folders.add(folder)
    assert len(folders) == len(UNITS)


@pytest.mark.parametrize("name", UNITS)
def test_unit_restart_is_not_rate_limited(deploy: Path, name: str) -> None:
    """It exits at once without PostgreSQL. systemd reads the key in [Unit] only."""
    of_the_unit = (deploy / name).read_text("utf-8").split("[Service]")[0]
    assert "\nStartLimitIntervalSec=0\n" in of_the_unit


@pytest.mark.parametrize("name", UNITS)
def test_deploy_files_give_hand_off_key_path_and_mode(deploy: Path, name: str) -> None:
    text = (deploy / name).read_text("utf-8")
    assert "(mode 0640)" in text
    assert f'"file:/run/credentials/{name}/' in text
    composed = (deploy / "compose.yaml").read_text("utf-8")
    assert "(mode 0400)" in composed
    assert '"file:/run/secrets/' in composed


@pytest.mark.parametrize("name", UNITS)
def test_unit_runs_a_known_command_with_restricted_rights(deploy: Path, name: str) -> None:
    given = dict(unit(deploy, name))
    command = given["ExecStart"].split(" -m webapp ")[1].split()
    options = {name for each in main.commands[command[0]].params for name in each.opts}
    assert {each for each in command[1:] if each.startswith("--")} <= options
    for key, value in {
        "NoNewPrivileges": "yes",
        "ProtectSystem": "strict",
        "ProtectHome": "yes",
        "PrivateTmp": "yes",
        "UMask": "0077",
        "StateDirectoryMode": "0700",
        "Restart": "always",
    }.items():
        assert given[key] == value
    assert given["User"] not in ("", "root")


def test_compose_passes_each_secret_as_a_file(deploy: Path) -> None:
    composed = parsed(deploy / "compose.yaml")
    for name, service in composed["services"].items():
        for setting, value in service.get("environment", {}).items():
            if name != "database":
                assert {setting, setting.removesuffix("_FILE")} & NAMES
            if SECRET.search(setting):
                assert setting.endswith("_FILE"), setting
                assert value.removeprefix("/run/secrets/") in service["secrets"]
        assert set(service["secrets"]) <= composed["secrets"].keys()
        assert set(service["networks"]) <= composed["networks"].keys()
    for each in composed["secrets"].values():
        assert each.keys() == {"file"}


def test_compose_server_is_restricted_and_waits_for_migration(deploy: Path) -> None:
    composed = parsed(deploy / "compose.yaml")
    server, upgrade = composed["services"]["server"], composed["services"]["upgrade"]
    assert server["read_only"]
    assert server["restart"] == "unless-stopped"
    assert server["cap_drop"] == ["ALL"]
    assert server["security_opt"] == ["no-new-privileges:true"]
    assert server["depends_on"] == {"upgrade": {"condition": "service_completed_successfully"}}
    assert upgrade["command"] == ["database", "upgrade"]
    assert all(port.startswith("127.0.0.1:") for port in server["ports"])
    assert composed["networks"]["inside"]["internal"]
    assert "ports" not in composed["services"]["database"]
    dockerfile = deploy.parent / server["build"]["dockerfile"]
    assert dockerfile.exists()


def test_image_copies_existing_paths_and_runs_unprivileged(deploy: Path, root: Path) -> None:
    text = (deploy / "Dockerfile").read_text("utf-8")
    ignore = (deploy / "Dockerfile.dockerignore").read_text("utf-8").splitlines()
    allowed = {line[1:] for line in ignore if line.startswith("!")}
    assert "*" in ignore
    copied = [
        word.rstrip("/")
        for line in re.findall(r"^COPY (?!--from)(.+) \S+$", text, re.M)
        for word in line.split()
    ]
    assert set(copied) == allowed
    assert all((root / each).exists() for each in copied)
    assert re.findall(r"^USER (.+)$", text, re.M) == ["10001:10001"]
    assert text.count("--require-hashes") == 1
    names = re.findall(r"(\w+)=", " ".join(re.findall(r"^ENV (.+)$", text, re.M)))
    assert not [name for name in names if SECRET.search(name)]
    assert "ARG" not in text
