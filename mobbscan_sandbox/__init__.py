"""The sandbox: gateway in a box, identity provider, example shop, and the demo of them all."""
