"""Start server, gateway, identity provider and shop on one machine, for `make run` and tests."""
