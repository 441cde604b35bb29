"""The one Django application of the project."""

from django.apps import AppConfig
from django.core import checks
from django.db import models

from registry.core.lookups import GlobLookup
from registry.http.checks import check_processes_share_counters


class RegistryConfig(AppConfig):
    """Names the application and has its settings checked at the start."""

    name = "registry"
    verbose_name = "Research registry"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register the checks, and the look-ups that queries are written with."""
        checks.register(check_processes_share_counters)
        for field in (models.CharField, models.TextField):
            field.register_lookup(GlobLookup)
        register_provenance()


def register_provenance() -> None:
    """Let the domains register their node types, the lower layers first."""
    # their modules need the models, which are not there when this one is imported
    from registry.catalogue import provenance as of_catalogue  # noqa: PLC0415
    from registry.runs import provenance as of_runs  # noqa: PLC0415

    of_catalogue.register()
    of_runs.register()
