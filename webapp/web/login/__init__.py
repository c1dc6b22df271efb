"""Routes that sign users in and out: the company's login provider and the host site's hand-off."""
