"""Calls over the network that end in time. Knows nobody of ours."""
