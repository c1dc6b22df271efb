"""A catalogue of everything that can happen to one identity check, and who plays it."""
