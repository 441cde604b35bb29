"""`create_user NAME`: create an account."""

from __future__ import annotations

import os
import secrets
from argparse import ArgumentParser
from typing import Any

from registry.identity.roles import ROLES
from registry.identity.services import create_user
from registry.management.base import RegistryCommand


class Command(RegistryCommand):
    help = (
        "Create an account. The password is taken from the environment variable "
        "REGISTRY_PASSWORD; without it a new one is generated and printed."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name", help="the name to sign in with")
        parser.add_argument(
            "--staff", action="store_true", help="can open the admin pages"
        )
        parser.add_argument(
            "--superuser", action="store_true", help="can do everything, also in admin"
        )
        parser.add_argument(
            "--role",
            action="append",
            default=[],
            dest="roles",
            metavar="ROLE",
            help=f"can be repeated; one of {', '.join(ROLES)}",
        )
        parser.add_argument("--email", default="", help="seen by administrators only")
        parser.add_argument("--full-name", default="", help="as the person writes it")

    def handle(self, *args: Any, **options: Any) -> None:
        given = os.environ.get("REGISTRY_PASSWORD", "")
        password = given or secrets.token_urlsafe(16)
        user = create_user(
            username=options["name"],
            password=password,
            email=options["email"],
            full_name=options["full_name"],
            is_staff=options["staff"],
            is_superuser=options["superuser"],
            roles=options["roles"],
        )
        self.stdout.write(f"Created the account {user.username}.")
        if not given:
            self.stdout.write(f"Password: {password}")
