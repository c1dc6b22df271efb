"""Test the walk from an exception to its causes."""

from webapp.basics.exception_chain import exception_chain


def caught_while_handling_a_key_error() -> BaseException:
    try:
        try:
            raise KeyError
        except KeyError:
            raise RuntimeError from None
    except RuntimeError as error:
        return error


def test_exception_chain_follows_causes_and_suppressed_contexts():
    outer = ValueError()
    outer.__cause__ = caught_while_handling_a_key_error()
    assert [type(error) for error in exception_chain(outer)] == [ValueError, RuntimeError, KeyError]


def test_exception_chain_of_a_cycle_ends():
    first, second = ValueError(), KeyError()
    first.__cause__, second.__cause__ = second, first
    assert list(exception_chain(first)) == [first, second]


def test_exception_chain_of_none_is_empty():
    assert list(exception_chain(None)) == []
