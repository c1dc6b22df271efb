"""Notices: parsing, and authentication by headers."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.gateway.doubles import ADAS_PROCESS
from webapp.gateway import InvalidNoticeBody, headers_match, parse_notice


def body(**changes: Any) -> bytes:
    return json.dumps({"verificationId": ADAS_PROCESS, "status": "VERIFIED", **changes}).encode()


def test_parse_notice_returns_id_status_and_raw_body() -> None:
    sent = body(verificationId=ADAS_PROCESS.upper(), novelty=[1, {"a": None}])
    notice = parse_notice(sent)
    assert (notice.verification_id, notice.status) == (ADAS_PROCESS, "VERIFIED")
    assert notice.raw == sent


def test_parse_notice_unknown_status_is_accepted() -> None:
    assert parse_notice(body(status="x" * 64)).status == "x" * 64


ID = f'"verificationId": "{ADAS_PROCESS}"'


UNUSABLE = [
    b"",
    b"[]",
    f'{{{ID}, "status": "NOT_VERIFIED", "status": "VERIFIED"}}'.encode(),
    f'{{{ID}, "status": "VERIFIED", "more": {"[" * 9}{"]" * 9}}}'.encode(),
    *[
        body(verificationId=value)
        for value in (
            None, 7, "", ADAS_PROCESS.replace("-", ""), f"{{{ADAS_PROCESS}}}", f"{ADAS_PROCESS}\n",
            ADAS_PROCESS.replace("5", "\u0665"), [ADAS_PROCESS],
        )
    ],
    *[
        body(status=value)
        for value in (None, 1, ["VERIFIED"], "", "   ", "x" * 65, "VERI\x00FIED", "\u202eVERIFIED")
    ],
]  # fmt: skip


@pytest.mark.parametrize(
    "unusable", UNUSABLE, ids=[f"{n} {sent[-30:]!r}" for n, sent in enumerate(UNUSABLE)]
)
def test_parse_notice_invalid_body_is_refused_without_repeating_it(unusable: bytes) -> None:
    with pytest.raises(InvalidNoticeBody) as refusal:
        parse_notice(unusable)
    assert refusal.value.reason
    assert "VERIFIED" not in str(refusal.value)
    assert ADAS_PROCESS not in str(refusal.value)


@given(st.binary(max_size=300) | st.text(max_size=300).map(lambda text: text.encode()))
def test_parse_notice_arbitrary_bytes_are_refused(sent: bytes) -> None:
    with pytest.raises(InvalidNoticeBody):
        parse_notice(sent)


REQUIRED = {"Authorization": "Bearer shared", "X-Notice": "yes"}


@pytest.mark.parametrize(
    ("required", "received", "match"),
    [
        ([REQUIRED], REQUIRED, True),
        ([REQUIRED], {"authorization": "Bearer shared", "X-NOTICE": "yes"}, True),
        ([REQUIRED], {**REQUIRED, "Host": "embed.test"}, True),
        ([REQUIRED], {"Authorization": "Bearer shared"}, False),
        ([REQUIRED], {**REQUIRED, "X-Notice": "no"}, False),
        ([REQUIRED], {**REQUIRED, "Authorization": "bearer shared"}, False),
        ([REQUIRED], {**REQUIRED, "Authorization": "Bearer share"}, False),
        ([{"X": "old"}, {"X": "new"}], {"X": "new"}, True),
        ([{"X": "old"}, {"X": "new"}], {"X": "old"}, True),
        ([{"X": "old"}, {"X": "new"}], {"X": "other"}, False),
        ([{"X": "1", "Y": "2"}, {"X": "3", "Y": "4"}], {"X": "1", "Y": "4"}, False),
        ([{"X": ""}], {}, False),
        ([{"X": ""}], {"X": ""}, True),
        ([{"X": "\u00f1\u20ac"}], {"X": "\u00f1\u20ac"}, True),
        ([{"X": "a"}], {"X": "\u00e1\udce1"}, False),
        ([], {}, False),
        ([{}], REQUIRED, False),
        ([{}, {"X": "a"}], {"X": "b"}, False),
        ([{"X": "a", "x": "b"}], {"X": "a"}, False),
    ],
)
def test_headers_match_requires_all_headers_of_one_object(
    required: list[dict[str, str]], received: dict[str, str], match: bool
) -> None:
    assert headers_match(required, received) is match


def test_headers_match_compares_every_header_of_every_object() -> None:
    compared: list[str] = []

    class Watched(dict[str, str]):
        def items(self) -> Any:
            for pair in super().items():
                compared.append(pair[1])
                yield pair

    objects = [Watched({"X": "1", "Y": "2"}), Watched({"X": "3", "Y": "4"})]
    assert headers_match(objects, {"X": "1", "Y": "2"})
    assert compared == ["1", "2", "3", "4"]
    compared.clear()
    assert not headers_match(objects, {})
    assert compared == ["1", "2", "3", "4"]
