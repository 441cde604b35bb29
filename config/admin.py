"""The configuration of Django's admin."""

from importlib import import_module

from django.contrib.admin import apps


class RegistryAdminConfig(apps.AdminConfig):
    """Django's admin with the registry's own site as the default site."""

    default_site = "registry.admin.site.RegistryAdminSite"

    def ready(self) -> None:
        """Register the admin pages."""
        # Django creates the site when it is first used. If that were by importing the
        # site's own package, all pages would be registered with another site
        import_module("registry.admin")
        super().ready()
