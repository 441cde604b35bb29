"""Which site the admin of this project is."""

from importlib import import_module

from django.contrib.admin import apps


class RegistryAdminConfig(apps.AdminConfig):
    """Django's admin, with the registry's own site for the default one."""

    default_site = "registry.admin.site.RegistryAdminSite"

    def ready(self) -> None:
        """Register the pages."""
        # The site is made when the first page asks for it. Were the site the first to
        # be asked for, its package would register all pages with another one
        import_module("registry.admin")
        super().ready()
