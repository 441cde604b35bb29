"""What the API shows of accounts, groups, requests for roles, and the audit trail."""

from __future__ import annotations

from django.contrib.auth.models import Group

from registry.core.models import Event
from registry.core.record_types import declare
from registry.core.row_types import RowType
from registry.identity.models import RoleRequest, User

USER = RowType(
    model=User,
    description="""
People and services with an account. Only shown to those who have one.

People see their own e-mail address, and administrators see all. For everybody else the
address is empty; a filter or an order by it gets 403.
""".strip(),
    shown=(User.username, User.full_name, User.email, User.orgs),
    natural_key=User.username,
)

GROUP = RowType(
    model=Group,
    description="Groups of accounts. Only shown to those who have an account.",
    shown=(Group.name,),
)

EVENT = RowType(
    model=Event,
    description="""
The audit trail: who did what to which record or account, and from where.

Only administrators see it. Passwords, keys and tokens are not in it.
""".strip(),
    shown=(
        *(Event.at, Event.action, Event.kind, Event.record_id, Event.by, Event.client),
        *(Event.address, Event.subject, Event.changes, Event.detail),
    ),
)

ROLE_REQUEST = RowType(
    model=RoleRequest,
    description="Requests for roles. People see their own, administrators all.",
    shown=(
        *(RoleRequest.user, RoleRequest.role, RoleRequest.reason, RoleRequest.state),
        *(RoleRequest.made_at, RoleRequest.decided_at, RoleRequest.decided_by),
        RoleRequest.answer,
    ),
)

declare(USER, GROUP, EVENT, ROLE_REQUEST)
