"""`create_token NAME`: create an API token and print it."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError

from registry.identity.models import User
from registry.identity.services import issue_token
from registry.management.base import RegistryCommand


class Command(RegistryCommand):
    help = "Create an API token for an account and print it. It replaces the old one."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name", help="the name of the account")

    def handle(self, *args: Any, **options: Any) -> None:
        user = User.objects.filter(username=options["name"]).first()
        if user is None:
            name = options["name"]
            raise CommandError(
                f"There is no account {name!r}. Create it first: "
                f"python manage.py create_user {name}"
            )
        self.stdout.write(issue_token(user=user, by=user))
