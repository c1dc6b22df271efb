"""The API of the host sites' back ends, below /api/v1."""
