"""The frame in pages of host sites, with a bearer of 15 minutes, and the element's reports."""
