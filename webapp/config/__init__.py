"""Settings from the environment and sites from sites.toml: read once and validated."""
