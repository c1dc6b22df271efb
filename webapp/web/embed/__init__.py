"""The frame in a page of the host site: no cookies, a bearer of 15 minutes."""
