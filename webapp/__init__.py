"""mobbscan-embed: identity verification by MobbScan, embedded in a company's existing website."""

__version__ = "0.1.0"
