"""`doctor`: each file looks at one thing and says what it found, and the cure if it is not well."""
