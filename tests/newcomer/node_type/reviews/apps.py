"""The application of the newcomer, which registers its node types."""

from __future__ import annotations

from django.apps import AppConfig


class ReviewsConfig(AppConfig):
    """Registers the node types of reviews at the start."""

    name = "tests.newcomer.node_type.reviews"
    label = "reviews"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Declare the record types, then the node types with links and documents."""
        from tests.newcomer.node_type.reviews import provenance, record_types  # noqa: F401

        provenance.register()
