"""OAuth 2.0 without HTTP: signing keys, access tokens, sessions, device codes, clients.

What the wire looks like is the matter of ``registry.interop.oidc``; the pages on which
people approve and revoke are in ``registry.web``. Both call the services here.
"""
