"""`prepare`: bring database, static files and administrator up to date."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import CommandError

from registry.catalogue.models import Object
from registry.catalogue.services import find_or_register_root
from registry.core.secret_files import read_or_create_secret
from registry.identity.models import User
from registry.identity.oauth.clients import create_well_known_clients
from registry.identity.oauth.keys import key_ring
from registry.identity.oauth.sessions import delete_old_sessions
from registry.identity.services import create_user
from registry.management.base import RegistryCommand
from registry.management.data_folder import protect_data
from registry.management.example.remove import was_removed
from registry.storage.maintenance import remove_abandoned_uploads

#: Clients expect every registry to have an account with this name.
ADMINISTRATOR = "admin"


class Command(RegistryCommand):
    help = (
        "Prepare a registry for serving, also after an upgrade: tables, static files, "
        "the signing key, public OAuth clients, an administrator, and an example in an "
        "empty registry. Running it again changes nothing that exists."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--no-example",
            action="store_false",
            dest="example",
            help="leave an empty registry empty, as REGISTRY_EXAMPLE=0 does",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        settings.STORE_DIR.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._protect_data()
        call_command("migrate", verbosity=0, interactive=False)
        remove_abandoned_uploads()
        call_command("clearsessions", verbosity=0)
        delete_old_sessions()
        call_command("collectstatic", verbosity=0, interactive=False)
        key_ring()
        create_well_known_clients()
        administrator = self._administrator()
        # storage locations of uploaded files are below this root
        find_or_register_root(f"{settings.REGISTRY_URL}/data/", by=administrator)
        wants_example = options["example"] and settings.LOAD_EXAMPLE
        if wants_example and not Object.objects.exists() and not was_removed():
            call_command("load_example", stdout=self.stdout)

    def _protect_data(self) -> None:
        try:
            changed = protect_data()
        except OSError as error:
            raise CommandError(
                f"Cannot protect {error.filename} from other accounts of this machine: "
                f"{error.strerror}. Its owner must be the account of the registry."
            ) from error
        for path in changed:
            self.stdout.write(
                f"{path} was accessible to other accounts of this machine. It is "
                "private now."
            )

    def _administrator(self) -> User:
        existing = User.objects.filter(username=ADMINISTRATOR).first()
        if existing:
            return existing
        file = settings.REGISTRY_DATA_DIR / "admin-password"
        password = read_or_create_secret(file, size=16)
        user = create_user(username=ADMINISTRATOR, password=password, is_superuser=True)
        self.stdout.write(
            f"Created the administrator {ADMINISTRATOR!r}, password {password} "
            f"(kept in {file})"
        )
        return user
