"""What holds in all of them."""

from tests.support.read_only_check import check_read_only

__all__ = ["check_read_only"]
