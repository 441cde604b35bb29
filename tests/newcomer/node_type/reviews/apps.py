"""The application of the newcomer, which registers its node types."""

from __future__ import annotations

from django.apps import AppConfig


class ReviewsConfig(AppConfig):
    """Registers the node types of reviews at the start."""

    name = "tests.newcomer.node_type.reviews"
    label = "reviews"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register the node types, their links and their documents."""
        from tests.newcomer.node_type.reviews import provenance

        provenance.register()
