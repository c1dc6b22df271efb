"""The command line: each command reads, calls one step, and answers."""
