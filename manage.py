#!/usr/bin/env python
"""The command line of a registry: `python manage.py help` lists what it can do."""

import os
import sys

from django.core.management import execute_from_command_line

from registry.management.base import EXPECTED_ERRORS, explain_error


def main() -> None:
    """Run the command; what is wrong with its surroundings is told in one line."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    try:
        execute_from_command_line(sys.argv)
    except EXPECTED_ERRORS as error:
        if "--traceback" in sys.argv:
            raise
        sys.exit(f"manage.py: {explain_error(error)}")


if __name__ == "__main__":
    main()
