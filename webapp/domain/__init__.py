"""The rules of the game, in the standard library only."""
