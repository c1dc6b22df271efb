"""The visitor without JavaScript fills in forms as a browser would."""

import pytest

from tests.support.forms import read

PAGE = """
<title>T</title><h1>Log <b>in</b></h1>
<form action="/a" method="post">
  <input type="hidden" name="csrf" value="x&amp;y"><input name="who">
  <input type="checkbox" name="agree" value="2026-01"><input type="checkbox" name="news" checked>
  <input name="off" value="1" disabled>
  <select name="lang"><option value="en">E</option><option value="es" selected>S</option></select>
  <button name="go" value="1">Go</button><button name="stop" value="1">Stop</button>
  <button type="button" name="never" value="1">No</button>
</form>
<a href="/b?c=1&amp;d=2" target="_top">A <i>link</i></a>
"""


def test_a_form_sends_its_defaults_and_its_first_button() -> None:
    (form,) = read(PAGE).forms
    assert (form.action, form.method) == ("/a", "post")
    assert form.filled() == [
        ("csrf", "x&y"),
        ("who", ""),
        ("news", "on"),
        ("lang", "es"),
        ("go", "1"),
    ]


def test_boxes_can_be_ticked_and_fields_left_out() -> None:
    (form,) = read(PAGE).forms
    sent = dict(form.filled(agree=True, news=False, who="Ada", stop="1", go=False))
    assert sent == {"csrf": "x&y", "who": "Ada", "lang": "es", "agree": "2026-01", "stop": "1"}


def test_a_field_that_is_not_there_cannot_be_filled_in() -> None:
    with pytest.raises(AssertionError, match="off"):
        read(PAGE).forms[0].filled(off="1")


def test_links_and_headings_are_read_as_people_read_them() -> None:
    page = read(PAGE)
    assert page.texts == {"title": "T", "h1": "Log in"}
    (link,) = page.links
    assert (link.href, link.text, link.target) == ("/b?c=1&d=2", "A link", "_top")
