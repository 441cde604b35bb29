"""`prepare`: bring database, static files and administrator up to date."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import CommandError

from registry.catalogue.models import Object
from registry.catalogue.services import find_or_register_root
from registry.core.kept_secrets import kept_secret
from registry.identity.models import User
from registry.identity.oauth.clients import create_well_known_clients
from registry.identity.oauth.keys import key_ring
from registry.identity.oauth.sessions import delete_old_sessions
from registry.identity.services import create_user
from registry.management.base import RegistryCommand
from registry.management.data_folder import protect_data
from registry.storage.upkeep import tidy_store

#: Clients take it that every registry has an account of this name.
ADMINISTRATOR = "admin"


class Command(RegistryCommand):
    help = (
        "Make a registry ready to serve, or ready again after an upgrade: tables, "
        "static files, the signing key, public clients, an administrator, and in an "
        "empty registry an example. Running it again changes nothing that is there."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--no-example",
            action="store_false",
            dest="example",
            help="leave an empty registry empty",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        settings.STORE_DIR.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._protect_data()
        call_command("migrate", verbosity=0, interactive=False)
        tidy_store()
        call_command("clearsessions", verbosity=0)
        delete_old_sessions()
        call_command("collectstatic", verbosity=0, interactive=False)
        key_ring()
        create_well_known_clients()
        administrator = self._administrator()
        # what is uploaded here gets its locations under this root
        find_or_register_root(f"{settings.REGISTRY_URL}/data/", by=administrator)
        if options["example"] and not Object.objects.exists():
            call_command("load_example", stdout=self.stdout)

    def _protect_data(self) -> None:
        try:
            changed = protect_data()
        except OSError as error:
            raise CommandError(
                f"Cannot keep {error.filename} from other accounts of this machine: "
                f"{error.strerror}. It must belong to the account of the registry."
            ) from error
        for path in changed:
            self.stdout.write(
                f"{path} was open to other accounts of this machine. It is private now."
            )

    def _administrator(self) -> User:
        existing = User.objects.filter(username=ADMINISTRATOR).first()
        if existing:
            return existing
        file = settings.REGISTRY_DATA_DIR / "admin-password"
        password = kept_secret(file, size=16)
        user = create_user(username=ADMINISTRATOR, password=password, is_superuser=True)
        self.stdout.write(
            f"Created the administrator {ADMINISTRATOR!r}, password {password} "
            f"(kept in {file})"
        )
        return user
