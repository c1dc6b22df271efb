"""Tests of finding the line of a key in a TOML text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webapp.config.toml_lines import line_of

LINES = '''
title = """
[not.a.table]
name = "inside"
""" # comment

[a."b.c"]
d.e = 1
"quoted key" = [
  1, # one
  2,
]
f = { g = { h = 1 } }
[[list]]
x = 1
[[list]]
x = 2
[last]
'''


@pytest.mark.parametrize(
    ("path", "line"),
    [
        (("title",), 2),
        (("a", "b.c"), 7),
        (("a", "b.c", "d", "e"), 8),
        (("a", "b.c", "quoted key"), 9),
        (("a", "b.c", "quoted key", 1), 9),
        (("a", "b.c", "f", "g", "h"), 13),
        (("list",), 14),
        (("last",), 18),
        (("last", "absent"), 18),
        (("absent",), 1),
        ((), 1),
    ],
)
def test_line_of_returns_the_line_for_every_way_to_write_a_key(path, line):
    assert line_of(LINES, path) == line


@given(st.lists(st.sampled_from(["", "# note", 'x = "[y]"', "x = [\n1,\n2]", "x = '''\n[z]\n'''"])))
def test_line_of_is_independent_of_the_text_before_the_key(before):
    tables = "".join(f"[t{number}]\n{text}\n" for number, text in enumerate(before))
    text = f"{tables}[wanted]\nkey = 1\n"
    assert line_of(text, ("wanted", "key")) == text.count("\n")
