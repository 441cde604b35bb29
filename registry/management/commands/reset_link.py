"""`reset_link NAME`: make a link with which a person chooses a new password."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError

from registry.http.reset_links import reset_address
from registry.identity.models import User
from registry.identity.resets import make_reset_key
from registry.management.base import RegistryCommand


class Command(RegistryCommand):
    help = (
        "Make a link with which the owner of an account chooses a new password, and "
        "print it. It works once, within a day, and only until they sign in."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name", help="the name of the account")

    def handle(self, *args: Any, **options: Any) -> None:
        user = User.objects.filter(username=options["name"]).first()
        if user is None:
            raise CommandError(f"There is no account {options['name']!r}.")
        self.stdout.write(reset_address(make_reset_key(user=user, by=None)))
