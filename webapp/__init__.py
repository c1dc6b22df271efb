"""mobbscan-embed: identity verification by MobbScan, put safely into an existing website."""
