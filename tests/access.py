"""The ways in which programs have access for an account, and which remain."""

from __future__ import annotations

from django.test import Client

from registry.identity.models import User
from registry.identity.oauth.devices import (
    DeviceAuthorization,
    decide_device,
    start_device_flow,
)
from registry.identity.oauth.sessions import (
    new_refresh_token,
    new_session,
    start_session,
)
from registry.identity.oauth.tokens import issue_access_token
from registry.identity.services import issue_token
from tests.interop.oidc.issuer import NAME, Program, device_client


def grant_access(user: User) -> tuple[str, str, DeviceAuthorization]:
    """Give an account a token, a session, and an authorised device."""
    client = device_client()
    session = new_session(client=client, user=user, scope="read")
    start_session(session, refresh_token=new_refresh_token())
    codes = start_device_flow(client=client, scope="read")
    decide_device(codes.user_code, approve=True, by=user)
    return issue_token(user=user, by=user), issue_access_token(session, ["read"]), codes


def remaining_access(key: str, access: str, codes: DeviceAuthorization) -> list[bool]:
    """Return which of the three still have access."""
    statuses = [
        Client(headers={"authorization": f"Bearer {one}"}).get(NAME).status_code
        for one in (key, access)
    ]
    came = Program("telescope").poll(codes.device_code).status
    return [*(status == 200 for status in statuses), came == 200]
