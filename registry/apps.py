"""The one Django application of the project."""

from importlib import import_module

from django.apps import AppConfig
from django.core import checks
from django.db import models

from registry.core.lookups import GlobLookup
from registry.http.checks import check_processes_share_counters

#: The modules that declare event verbs, roles and keys, in the order that lists show.
VOCABULARIES = (
    "registry.identity.verbs",
    "registry.identity.oauth.verbs",
    "registry.identity.roles",
    "registry.interop.provena.roles",
    "registry.catalogue.access",
    "registry.interop.iceprod.roles",
)


class RegistryConfig(AppConfig):
    """Names the application and has its settings checked at the start."""

    name = "registry"
    verbose_name = "Research registry"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Load the vocabularies first, then register checks and look-ups."""
        for name in VOCABULARIES:
            import_module(name)
        checks.register(check_processes_share_counters)
        for field in (models.CharField, models.TextField):
            field.register_lookup(GlobLookup)
