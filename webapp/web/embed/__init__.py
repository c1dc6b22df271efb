"""The frame in pages of host sites, and the reports of the element around it."""
