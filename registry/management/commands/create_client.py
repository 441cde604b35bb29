"""`create_client ID`: register a program that may ask for tokens."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from registry.identity.oauth.clients import Grant, create_client
from registry.identity.roles import ROLES
from registry.management.base import RegistryCommand

#: The words of the command line.
GRANTS = {"device": Grant.DEVICE, "code": Grant.CODE, "service": Grant.SERVICE}


class Command(RegistryCommand):
    help = (
        "Register a client of OAuth and print its secret alone, which is not kept. A "
        "service gets an account of its own, of the same name, with the roles given."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("client_id", help="what the program calls itself")
        parser.add_argument("--name", default="", help="what people see (its id)")
        parser.add_argument(
            "--grant",
            choices=GRANTS,
            default="service",
            help="service: for itself, by its secret; device: for people, by a code "
            "that they type; code: for people, by their browser (service)",
        )
        parser.add_argument(
            "--public",
            action="store_true",
            help="it runs where a secret cannot be kept, and has none",
        )
        parser.add_argument(
            "--redirect-uri",
            action="append",
            default=[],
            dest="redirect_uris",
            metavar="URI",
            help="where people return to with a code; may be given several times",
        )
        parser.add_argument(
            "--role",
            action="append",
            default=[],
            dest="roles",
            metavar="ROLE",
            help="for a service; may be given several times; one of "
            f"{', '.join(ROLES)}",
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
