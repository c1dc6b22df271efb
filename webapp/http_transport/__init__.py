"""Calls over the network that end in time. Knows nobody of ours.

A total deadline can only be kept at the socket, and more than one adapter needs it: the gateway
client and the login at an identity provider, which must not know each other.
"""
