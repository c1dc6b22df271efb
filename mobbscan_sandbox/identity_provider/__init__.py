"""The pretend identity provider: real OpenID Connect, no passwords, four known people."""
