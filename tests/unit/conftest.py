"""What holds in all of them."""

from tests.support.only_reading import only_reading

__all__ = ["only_reading"]
