"""Prometheus metrics, their files for several processes, and the observers that feed them."""
