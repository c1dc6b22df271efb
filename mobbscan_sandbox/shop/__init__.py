"""The example shop: a host site, and how little code it needs to have its customers identified."""
