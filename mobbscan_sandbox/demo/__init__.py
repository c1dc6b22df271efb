"""All parties on one machine: what `make run` starts, and what the tests start on other ports."""
