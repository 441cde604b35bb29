"""The application of the newcomer, which registers its node types."""

from __future__ import annotations

from django.apps import AppConfig


class ReviewsConfig(AppConfig):
    """Declares the types of reviews at the start."""

    name = "tests.newcomer.reviews"
    label = "reviews"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Declare the record types, the node types, their links and documents."""
        from tests.newcomer.reviews import provenance, record_types  # noqa: F401

        provenance.register()
