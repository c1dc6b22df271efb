"""Notices: parsing, and authentication by headers."""

import json
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.gateway.doubles import ADAS_PROCESS, BENS_PROCESS
from webapp.gateway import InvalidNoticeBody, headers_match, parse_notices
from webapp.gateway.notice import UNKNOWN_STATUS


def body(**changes: Any) -> bytes:
    return json.dumps({"verificationId": ADAS_PROCESS, "status": "VERIFIED", **changes}).encode()


def test_parse_notices_returns_id_status_and_raw_body() -> None:
    sent = body(verificationId=ADAS_PROCESS.upper(), novelty=[1, {"a": None}])
    (notice,) = parse_notices(sent)
    assert (notice.verification_id, notice.status) == (ADAS_PROCESS, "VERIFIED")
    assert notice.raw == sent


@pytest.mark.parametrize(
    ("status", "kept"),
    [
        ("x" * 64, "x" * 64),
        (" VERIFIED ", "VERIFIED"),
        *[
            (status, UNKNOWN_STATUS)
            for status in (None, 1, ["VERIFIED"], "", " ", "x" * 65, "VE\x00RI", "\u202eVERIFIED")
        ],
    ],
)
def test_parse_notices_status_that_is_no_word_is_unknown(status: object, kept: str) -> None:
    assert [notice.status for notice in parse_notices(body(status=status))] == [kept]


def test_parse_notices_body_with_hundreds_of_ids_is_cut_off() -> None:
    ids = [f"{number:08d}-0000-4000-8000-000000000000" for number in range(500)]
    sent = json.dumps([{"verificationId": each} for each in ids]).encode()
    assert [notice.verification_id for notice in parse_notices(sent)] == ids[:32]


PART = 'Content-Disposition: form-data; name="verificationId"\r\nContent-Type: text/plain\r\n\r\n'
BROKEN = [
    f'{{"verificationId": "{ADAS_PROCESS}", "status": "VERIFIED",}}',
    f"{{'verificationId': '{ADAS_PROCESS}', status: VERIFIED}}",
    f'{{"status": "VERIFIED", "verificationId": "{ADAS_PROCESS}", "more": {{"a',
    f'{{"data": [{{"verification_id": "{{{ADAS_PROCESS.upper()}}}", "status": "VERIFIED"}}]}}',
    f'{{"verificationId": "urn:uuid:{ADAS_PROCESS}", "status": "VERIFIED", "more": {"[" * 99}',
    f'"{{\\"verificationId\\":\\"{ADAS_PROCESS}\\",\\"status\\":\\"VERIFIED\\"}}"',
    f'{{"\\u0076erificationId": "{ADAS_PROCESS.replace("-", "")}", "status": "VERIFIED"}}',
    f"verificationId={ADAS_PROCESS}&status=VERIFIED",
    f"<n><verificationId>{ADAS_PROCESS}</verificationId><status>VERIFIED</status></n>",
    f'<n><verificationId type="uuid">{ADAS_PROCESS}</verificationId><status>VERIFIED</status></n>',
    f"<verificationId><![CDATA[{ADAS_PROCESS}]]></verificationId><status>VERIFIED</status>",
    "payload=" + quote(f'{{"verificationId": "{ADAS_PROCESS}", "status": "VERIFIED"}}'),
    f"{{&quot;verificationId&quot;: &quot;{ADAS_PROCESS}&quot;, &quot;status&quot;: &quot;VERIFIED",
    f"{PART}{ADAS_PROCESS}\r\nstatus: VERIFIED",
]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-be", "utf-32"])
@pytest.mark.parametrize("sent", BROKEN)
def test_parse_notices_broken_body_with_an_id_is_read(sent: str, encoding: str) -> None:
    (notice,) = parse_notices(sent.encode(encoding))
    assert (notice.verification_id, notice.status) == (ADAS_PROCESS, "VERIFIED")


def test_parse_notices_several_ids_are_all_read() -> None:
    both = f'[{{"verificationId": "{ADAS_PROCESS}", "status": "VERIFIED"}}, '
    both += f'{{"status": "NOT_VERIFIED", "verificationId": "{BENS_PROCESS}"}}]'
    found = {notice.verification_id: notice.status for notice in parse_notices(both.encode())}
    assert found == {ADAS_PROCESS: "VERIFIED", BENS_PROCESS: "NOT_VERIFIED"}
    twice = f'{{"verificationId": "{ADAS_PROCESS}", "verificationId": "{BENS_PROCESS}"}}'
    ids = {notice.verification_id for notice in parse_notices(twice.encode())}
    assert ids == {ADAS_PROCESS, BENS_PROCESS}


UNUSABLE = [
    b"",
    b"[]",
    f'{{"comment": "{ADAS_PROCESS}", "status": "VERIFIED"}}'.encode(),
    f'{{"otherVerificationId": "{ADAS_PROCESS}"}}'.encode(),
    *[
        body(verificationId=value)
        for value in (
            None, 7, "", f"{ADAS_PROCESS}0", f"0{ADAS_PROCESS}", f"{ADAS_PROCESS}-1",
            ADAS_PROCESS.replace("5", "\u0665"), ADAS_PROCESS[:-1],
        )
    ],
]  # fmt: skip


@pytest.mark.parametrize(
    "unusable", UNUSABLE, ids=[f"{n} {sent[-30:]!r}" for n, sent in enumerate(UNUSABLE)]
)
def test_parse_notices_invalid_body_is_refused_without_repeating_it(unusable: bytes) -> None:
    with pytest.raises(InvalidNoticeBody) as refusal:
        parse_notices(unusable)
    assert refusal.value.reason
    assert "VERIFIED" not in str(refusal.value)
    assert ADAS_PROCESS not in str(refusal.value)


@given(st.binary(max_size=300) | st.text(max_size=300).map(lambda text: text.encode()))
def test_parse_notices_arbitrary_bytes_are_refused(sent: bytes) -> None:
    with pytest.raises(InvalidNoticeBody):
        parse_notices(sent)


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
