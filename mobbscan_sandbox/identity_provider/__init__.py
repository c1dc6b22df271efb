"""The sandbox identity provider: OpenID Connect with four predefined users and no passwords."""
