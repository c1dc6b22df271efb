"""docs/gateway.md says of every endpoint and field of the vendor's API who uses it, or why not."""

import re
import tomllib
from pathlib import Path

import pytest

from webapp.gateway.contract import DOCUMENTED
from webapp.gateway.personal_data import WIRE_NAMES

API = tomllib.loads((Path(__file__).parent / "vendor_api.toml").read_text("utf-8"))
#: A reason for not using something is a sentence, not a word.
_SHORTEST_REASON = 30


@pytest.fixture(scope="module")
def sections(root: Path) -> dict[str, dict[str, str]]:
    """Return `Who uses it` by endpoint: its fields, and what is said of each."""
    page = (root / "docs" / "gateway.md").read_text("utf-8")
    chapter = re.split(r"^## ", page.split("\n## Who uses it\n", 1)[1], maxsplit=1, flags=re.M)[0]
    found = {}
    for section in re.split(r"^### ", chapter, flags=re.M)[1:]:
        heading, _, text = section.partition("\n")
        rows = re.findall(r"^\| (`.+`) \| (.*) \|$", text, re.M)
        found[heading.strip().strip("`")] = {
            name: said for names, said in rows for name in re.findall("`([^`]+)`", names)
        }
    return found


def test_gateway_page_has_every_endpoint_and_no_other(sections):
    assert sections.keys() == API.keys()


@pytest.mark.parametrize("endpoint", API)
def test_gateway_page_says_of_each_field_who_uses_it(sections, endpoint):
    fields = {*API[endpoint]["request"], *API[endpoint]["response"]}
    said = sections[endpoint]
    assert said.keys() == fields
    for name, text in said.items():
        assert len(text) > (_SHORTEST_REASON if text.startswith("unused: ") else 5), name


def test_list_of_fields_is_that_of_the_client():
    read = API["GET /mobbscan-agent/getVerificationProcessData/{verificationId}"]["response"]
    assert set(read) == DOCUMENTED.keys()
    corrected = API["POST /mobbscan-agent/accept"]["request"]
    names = {each.partition(".")[2] for each in corrected if "." in each}
    assert names == set(WIRE_NAMES.values())
