"""How settings and sites are read: sources, checks, and one message with all that is wrong."""
