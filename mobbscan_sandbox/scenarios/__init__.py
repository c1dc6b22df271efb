"""The scenario catalogue, and the player that runs a scenario on the gateway in a box."""
