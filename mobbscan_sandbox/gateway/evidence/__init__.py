"""Specimens of everything a check leaves behind. All of it is drawn; nothing was ever filmed."""
