"""Everything around the server, pretended: the gateway, the identity provider, a host's shop."""
