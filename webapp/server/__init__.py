"""The gunicorn server: arbiter, worker, preflight checks."""
