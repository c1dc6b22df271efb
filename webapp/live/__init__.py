"""Server-sent events: sources that see changes, and one thread that writes to all browsers."""
