"""The roles of Provena: administration, jobs and handles.

Those of its registry (``entity-registry-…``) are the registry's own; see
``registry.identity.roles``.
"""

from __future__ import annotations

from registry.identity.roles import ROLES, Role

SYSTEM_READ = ROLES.declare(
    Role(
        "sys-admin-read",
        "See requests for access in the administration of Provena.",
    )
)
SYSTEM_WRITE = ROLES.declare(
    Role(
        "sys-admin-write",
        "Answer requests for access in the administration of Provena.",
    )
)
SYSTEM_ADMIN = ROLES.declare(
    Role(
        "sys-admin-admin",
        "Administrator, as with entity-registry-admin.",
        makes_administrator=True,
    )
)
JOBS_READ = ROLES.declare(
    Role("job-service-read", "See the jobs that the registry works on.")
)
JOBS_WRITE = ROLES.declare(Role("job-service-write", "Ask the registry for jobs."))
JOBS_ADMIN = ROLES.declare(
    Role(
        "job-service-admin",
        "Run an executor: take tasks, and report what came of them.",
        runs_executors=True,
    )
)
HANDLES_READ = ROLES.declare(Role("handle-read", "Look up handles."))
HANDLES_WRITE = ROLES.declare(
    Role("handle-write", "Make handles, and change one's own.")
)
HANDLES_ADMIN = ROLES.declare(Role("handle-admin", "Change any handle."))
