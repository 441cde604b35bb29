"""How to reach authors, for those who may know it."""

from __future__ import annotations

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from registry.core import validators

_NAME_VALIDATORS = [validators.validate_name, validators.validate_index_size]


class Migration(migrations.Migration):
    dependencies = (("registry", "0019_model_runs"),)

    operations = (
        migrations.CreateModel(
            name="AuthorContact",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True,
                        primary_key=True,
                        serialize=False,
                        verbose_name="ID",
                    ),
                ),
                (
                    "last_updated",
                    models.DateTimeField(
                        auto_now=True,
                        help_text="When the latest change to this record was made, in "
                        "UTC.",
                    ),
                ),
                (
                    "withdrawn",
                    models.CharField(
                        editable=False,
                        help_text="Why the record was withdrawn; null if it was not.",
                        max_length=1000,
                        null=True,
                    ),
                ),
                (
                    "email",
                    models.EmailField(
                        help_text="E-mail address of the author.",
                        max_length=1024,
                        validators=[validators.validate_index_size],
                    ),
                ),
                (
                    "given_name",
                    models.CharField(
                        blank=True,
                        help_text="Given name of the author.",
                        max_length=1024,
                        null=True,
                        validators=_NAME_VALIDATORS,
                    ),
                ),
                (
                    "family_name",
                    models.CharField(
                        blank=True,
                        help_text="Family name of the author.",
                        max_length=1024,
                        null=True,
                        validators=_NAME_VALIDATORS,
                    ),
                ),
                (
                    "ethics_approved",
                    models.BooleanField(
                        default=False,
                        help_text="Whether the person has agreed to be named in the "
                        "registry.",
                    ),
                ),
                (
                    "author",
                    models.OneToOneField(
                        help_text="The author who can be reached so.",
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="registry.author",
                    ),
                ),
                (
                    "registered_by",
                    models.ForeignKey(
                        editable=False,
                        help_text="Who registered this record.",
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "updated_by",
                    models.ForeignKey(
                        db_index=False,
                        editable=False,
                        help_text="Who made the latest change to this record.",
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ("-id",),
                "abstract": False,
                "indexes": [
                    models.Index(
                        fields=["last_updated", "id"],
                        name="author_contact_last_updated",
                    ),
                    models.Index(
                        fields=["updated_by", "id"], name="author_contact_updated_by"
                    ),
                    models.Index(fields=["email", "id"], name="author_contact_email"),
                    models.Index(
                        fields=["given_name", "id"], name="author_contact_given_name"
                    ),
                    models.Index(
                        fields=["family_name", "id"], name="author_contact_family_name"
                    ),
                    models.Index(
                        fields=["ethics_approved", "id"],
                        name="author_contact_ethics_approved",
                    ),
                ],
            },
        ),
    )
