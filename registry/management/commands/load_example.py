"""`load_example`: register a real outbreak as an example, from paper to figure."""

from __future__ import annotations

from subprocess import CalledProcessError
from typing import Any

from django.core.management.base import CommandError

from registry.identity.models import User
from registry.management.base import RegistryCommand
from registry.management.commands.prepare import ADMINISTRATOR
from registry.management.example.load import load_example
from registry.management.example.request import NoGit, load_request


class Command(RegistryCommand):
    help = (
        "Register the example: an influenza outbreak in an English boarding school, "
        "with the inputs and outputs of its three code runs. The code is really run. "
        "Running the command again changes nothing."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        user = User.objects.filter(username=ADMINISTRATOR).first()
        if user is None:
            raise CommandError(
                f"There is no account {ADMINISTRATOR!r} to register the example. "
                "Create it first: python manage.py prepare"
            )
        try:
            is_new = load_example(by=user)
        except CalledProcessError as error:
            raise CommandError(f"{error}\n{error.stderr}") from error
        except OSError as error:
            raise CommandError(f"The example could not be run: {error}") from error
        try:
            is_new = load_request(by=user) or is_new
        except NoGit:
            self.stdout.write("There is no git here: the example has no run request.")
        except CalledProcessError as error:
            raise CommandError(f"{error}\n{error.stderr}") from error
        self.stdout.write(
            "Registered the example: influenza in an English boarding school, 1978."
            if is_new
            else "The example is already registered; nothing was changed."
        )
