"""The one Django application of the project."""

from django.apps import AppConfig
from django.core import checks

from registry.http.checks import check_processes_share_counters


class RegistryConfig(AppConfig):
    """Names the application and has its settings checked at the start."""

    name = "registry"
    verbose_name = "Research registry"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register the checks."""
        checks.register(check_processes_share_counters)
