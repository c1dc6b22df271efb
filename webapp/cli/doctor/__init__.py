"""`doctor`: each module checks one thing and returns findings with the fix."""
