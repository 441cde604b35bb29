"""The OAuth 2.0 and OpenID Connect issuer: `/o`, and `/auth/realms/…` as Keycloak's.

The protocol is spoken by oauthlib, in the views and the validator of
django-oauth-toolkit where these do right; what is granted is the matter of
``registry.identity.oauth``.
"""
