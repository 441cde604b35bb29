"""The notes of row counts, and the function of their triggers.

The triggers themselves are made after each migration (registry.core.row_triggers).
"""

from __future__ import annotations

from typing import Any

from django.db import migrations, models

from registry.core.row_triggers import POSTGRESQL_FUNCTION, remove_triggers


def create_function(apps: Any, schema_editor: Any) -> None:
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(POSTGRESQL_FUNCTION)


def drop_function(apps: Any, schema_editor: Any) -> None:
    remove_triggers()
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("DROP FUNCTION IF EXISTS registry_count_rows()")


class Migration(migrations.Migration):
    dependencies = [("registry", "0014_version_order")]

    operations = [
        migrations.CreateModel(
            name="RowChange",
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
                ("name", models.CharField(help_text="The table.", max_length=63)),
                (
                    "present",
                    models.BigIntegerField(
                        help_text="How many more records there are that nobody has "
                        "withdrawn."
                    ),
                ),
                (
                    "stamp",
                    models.BigIntegerField(
                        help_text="A random number; those of a table combine to one "
                        "for its content."
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["name"], name="row_change_name")]
            },
        ),
        migrations.RunPython(create_function, drop_function),
    ]
