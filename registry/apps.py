"""The one Django application of the project."""

from importlib import import_module

from django.apps import AppConfig
from django.contrib.auth.signals import user_logged_in
from django.core import checks
from django.db import models
from django.db.backends.signals import connection_created
from django.db.models.signals import post_migrate

from registry.core.lookups import GlobLookup, InAnyCase
from registry.http.checks import check_processes_share_counters

#: The modules that declare event verbs, roles and keys, in the order that lists show.
VOCABULARIES = (
    "registry.storage.verbs",
    "registry.identity.verbs",
    "registry.identity.oauth.verbs",
    "registry.identity.roles",
    "registry.interop.provena.roles",
    "registry.catalogue.file_records",
    "registry.catalogue.access",
    "registry.interop.iceprod.roles",
    "registry.execution.verbs",
)
#: The modules that declare the record types, in the order in which the API lists them.
#: They refer to the vocabularies.
RECORD_TYPES = (
    "registry.identity.record_types",
    "registry.catalogue.record_types",
    "registry.runs.record_types",
    "registry.execution.record_types",
)
#: The modules in which domains declare the sections of comparisons of code runs.
COMPARED = ("registry.runs.compared", "registry.runs.compared_model_runs")
#: The modules in which surfaces declare what they add to record types.
ADDITIONS = ("registry.api.provenance.addresses",)


class RegistryConfig(AppConfig):
    """Names the application and has its settings checked at the start."""

    name = "registry"
    verbose_name = "Research registry"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Load what the domains declare, then register the checks and look-ups."""
        for module in (*VOCABULARIES, *RECORD_TYPES, *COMPARED, *ADDITIONS):
            import_module(module)
        checks.register(check_processes_share_counters)
        for field in (models.CharField, models.TextField):
            field.register_lookup(GlobLookup)
            field.register_lookup(InAnyCase)
        register_provenance()
        register_receivers(self)


def register_provenance() -> None:
    """Let the domains register their node types, the lower layers first."""
    # their modules need the models, which are not there when this one is imported
    from registry.catalogue import provenance as of_catalogue  # noqa: PLC0415
    from registry.runs import provenance as of_runs  # noqa: PLC0415

    of_catalogue.register()
    of_runs.register()


def register_receivers(config: AppConfig) -> None:
    """Have sign-ins remembered, migrations completed, and connections set up."""
    from registry.core.postgresql import run_without_compiling  # noqa: PLC0415
    from registry.core.row_triggers import install_triggers  # noqa: PLC0415
    from registry.http.browser_sessions import remember_sign_in  # noqa: PLC0415
    from registry.http.list_indexes import install_list_indexes  # noqa: PLC0415

    connection_created.connect(run_without_compiling, dispatch_uid="registry.jit")
    user_logged_in.connect(remember_sign_in, dispatch_uid="registry.browser_sessions")
    for install in (install_triggers, install_list_indexes):
        post_migrate.connect(install, sender=config, dispatch_uid=install.__module__)
