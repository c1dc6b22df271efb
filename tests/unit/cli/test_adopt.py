"""`onboardings adopt`: a file of processes, each line with its own result."""

import json
import uuid
from pathlib import Path

import pytest

from tests.unit.cli.installation import Installation
from tests.unit.jobs.fake_gateway import FakeGateway
from webapp.cli.adopt_file import read_adopt_file
from webapp.domain.onboarding import Status

HEADER = "site,flow,subject,scanId\n"


def ids(count: int) -> list[str]:
    return [str(uuid.uuid4()) for _ in range(count)]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "processes.csv"


def write(file: Path, *lines: str, header: str = HEADER) -> str:
    file.write_text(header + "".join(f"{line}\n" for line in lines))
    return str(file)


def test_adopt_reports_every_line_and_loses_none(run, ready: Installation, gateway, file):
    good, review, unknown = ids(3)
    gateway.words = {good: "VERIFIED", review: "PENDING_VERIFICATION"}
    path = write(
        file,
        f"shop,default,ada-marker,{good}",
        "shop,default,ada-marker,no-uuid",
        "",
        f"shop,,ben-marker,{review}",
        f'shop,default,"carl-marker,{unknown}',
        f"nowhere,default,dora-marker,{unknown}",
        f"shop,default,ed-marker,{unknown}",
        f"shop,default,{unknown}",
    )
    done = run("onboardings", "adopt", path)
    assert done.exit_code == 1
    assert done.stdout.splitlines()[:2] == [
        f"line 2  adopted       verified     {good}",
        f"line 5  adopted       in_review    {review}",
    ]
    assert done.stdout.splitlines()[2] == "2 adopted, 5 refused"
    starts = [line.split("  ")[0] for line in done.stderr.splitlines()]
    assert starts == ["line 3", "line 6", "line 7", "line 8", "line 9"]
    assert "marker" not in done.output + done.stderr
    assert ready.row(good).status is Status.VERIFIED


def test_adopt_again_after_a_fix_adopts_only_what_is_missing(
    run, ready, gateway: FakeGateway, file
):
    first, second = ids(2)
    gateway.words = {first: "VERIFIED"}
    path = write(file, f"shop,default,ada,{first}", f"shop,default,ben,{second}")
    assert run("onboardings", "adopt", path).exit_code == 1
    gateway.words[second] = "VERIFIED"
    done = run("onboardings", "adopt", path)
    assert done.exit_code == 0
    assert done.stdout.splitlines()[-1] == "1 already here, 1 adopted"
    assert gateway.asked[f"/mobbscan-agent/getVerificationProcessData/{first}"] == 1


def test_adopt_dry_run_stores_nothing(run, ready: Installation, gateway, file):
    (one,) = ids(1)
    gateway.words = {one: "VERIFIED"}
    done = run("onboardings", "adopt", write(file, f"shop,default,ada,{one}"), "--dry-run")
    assert done.exit_code == 0
    assert "would_adopt" in done.stdout
    assert run("onboardings", "show", one).exit_code == 1


def test_adopt_json_prints_counts_and_lines(run, ready, gateway, file):
    (one,) = ids(1)
    gateway.words = {one: "NOT_VERIFIED"}
    path = write(file, f"shop,default,ada,{one}", "shop,default,ada,x")
    done = run("onboardings", "adopt", path, "--json")
    printed = json.loads(done.stdout)
    assert done.exit_code == 1
    assert printed["counts"] == {"adopted": 1, "refused": 1}
    assert printed["lines"][0] == {
        "line": 2, "outcome": "adopted", "id": one, "status": "rejected", "problem": None,
    }  # fmt: skip
    assert printed["lines"][1]["problem"].startswith("scanId is no UUID")


def test_adopt_while_the_gateway_is_away_ends_early_and_goes_on_later(run, ready, gateway, file):
    many = ids(40)
    gateway.words = dict.fromkeys(many, "VERIFIED")
    path = write(file, *(f"shop,default,u{number},{id_}" for number, id_ in enumerate(many)))
    gateway.status = 503
    done = run("onboardings", "adopt", path)
    assert done.exit_code == 1
    assert done.stdout.strip() == "16 refused, 24 not tried"
    gateway.status = 200
    done = run("onboardings", "adopt", path)
    assert done.exit_code == 0, done.stderr
    assert done.stdout.splitlines()[-1] == "40 adopted"


@pytest.mark.parametrize("header", ["", "site;flow;subject;scanid\n", "shop,ada-marker,x,y\n"])
def test_adopt_without_a_usable_header_says_which(run, ready, file, header):
    done = run("onboardings", "adopt", write(file, header=header))
    assert done.exit_code == 1
    assert "site, flow, subject, scanId" in done.stderr
    assert "marker" not in done.stderr


@pytest.mark.parametrize(
    "content",
    [
        "scanId;subject;site\n1-2;Ñandú, Ada;shop\n".encode("utf-16"),
        "\ufeffsite\tsubject\tflow\tscanId\r\nshop\tÑandú, Ada\t\t1-2\r\n".encode(),
        'site,subject,scanId\nshop,"Ñandú, Ada", 1-2\n'.encode(),
        '{"site": "shop", "flow": null, "subject": "Ñandú, Ada", "scanId": "1-2"}\n'.encode(),
    ],
)
def test_read_adopt_file_accepts_what_programs_write(file, content):
    file.write_bytes(content)
    (line,) = read_adopt_file(file)
    assert line.request is not None
    found = (line.request.site, line.request.flow, line.request.subject, line.request.scan_id)
    assert found == ("shop", None, "Ñandú, Ada", "1-2")


@pytest.mark.parametrize(
    "line",
    ['{"site": "shop"', '{"site": "shop", "subject": 5, "scanId": "x"}', '{"subject": "a"}', "[]"],
)
def test_read_adopt_file_bad_json_line_has_its_number(file, line):
    file.write_text('{"site": "shop", "subject": "a", "scanId": "x"}\n' + line + "\n")
    _, bad = read_adopt_file(file)
    assert (bad.number, bad.request) == (2, None)
    assert bad.problem
