"""The OAuth 2.0 and OpenID Connect issuer: `/o`, and `/auth/realms/…` as Keycloak's.

oauthlib implements the protocol, with views and a validator based on those of
django-oauth-toolkit. ``registry.identity.oauth`` decides and stores what is granted.
"""
