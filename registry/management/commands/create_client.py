"""`create_client ID`: register an OAuth client."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from registry.identity.oauth.clients import Grant, create_client
from registry.identity.roles import ROLES
from registry.management.base import RegistryCommand

#: Grants by their names on the command line.
GRANTS = {"device": Grant.DEVICE, "code": Grant.CODE, "service": Grant.SERVICE}


class Command(RegistryCommand):
    help = (
        "Register an OAuth client and print its secret, which is not stored. A service "
        "gets an account of its own with the same name and the given roles."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("client_id", help="the client_id that the program sends")
        parser.add_argument(
            "--name", default="", help="the name that people see (default: its id)"
        )
        parser.add_argument(
            "--grant",
            choices=GRANTS,
            default="service",
            help="service: acts for itself, with its secret; device: acts for people, "
            "who type a code; code: acts for people, who sign in with their browser "
            "(default: service)",
        )
        parser.add_argument(
            "--public",
            action="store_true",
            help="the client runs where a secret cannot be protected, and gets none",
        )
        parser.add_argument(
            "--redirect-uri",
            action="append",
            default=[],
            dest="redirect_uris",
            metavar="URI",
            help="where people return to with a code; can be repeated",
        )
        parser.add_argument(
            "--role",
            action="append",
            default=[],
            dest="roles",
            metavar="ROLE",
            help=f"role of a service; can be repeated; one of {', '.join(ROLES)}",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        _, secret = create_client(
            client_id=options["client_id"],
            name=options["name"] or options["client_id"],
            grant=GRANTS[options["grant"]],
            public=options["public"],
            redirect_uris=options["redirect_uris"],
            roles=options["roles"],
        )
        if secret:
            self.stdout.write(secret)
