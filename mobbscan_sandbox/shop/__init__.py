"""The example shop: a host site that sends its customers to the server for verification."""
