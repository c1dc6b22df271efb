"""admit, as seen from the browser: the company's login, the host site's hand-off, and leaving."""
