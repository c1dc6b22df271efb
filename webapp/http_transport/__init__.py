"""httpx transports with total deadlines and size limits, for calls to other servers.

A total deadline can only be enforced at the socket. The gateway client and the login at an
identity provider both need it and must not import each other.
"""
