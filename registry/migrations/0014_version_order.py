# Version order: releases and external objects get the sort key that data products have,
# and each of the three an index in that order.

from __future__ import annotations

from typing import Any

from django.db import migrations, models

from registry.core.versions import version_key

_HELP = "The version, encoded so that bytewise order is precedence."
_NEW = ("CodeRepoRelease", "ExternalObject")
#: Rows that one statement changes; of their columns each is several parameters.
_CHUNK = 500


def fill_keys(apps: Any, schema_editor: Any) -> None:
    """Derive the keys of the versions that are there."""
    for name in _NEW:
        rows = apps.get_model("registry", name)._base_manager.using(
            schema_editor.connection.alias
        )
        found = rows.order_by("pk").only("pk", "version")
        chunk = [*found[:_CHUNK]]
        while chunk:
            for row in chunk:
                row.version_key = version_key(row.version)
            rows.bulk_update(chunk, ["version_key"])
            chunk = [*found.filter(pk__gt=chunk[-1].pk)[:_CHUNK]]


class Migration(migrations.Migration):
    dependencies = [
        ("registry", "0013_merged_records"),
    ]

    operations = [
        *(
            migrations.AddField(
                model_name=name.lower(),
                name="version_key",
                field=models.BinaryField(default=b"", help_text=_HELP),
                preserve_default=False,
            )
            for name in _NEW
        ),
        migrations.RunPython(fill_keys, migrations.RunPython.noop),
        *(
            migrations.AddIndex(
                model_name=name,
                index=models.Index(fields=["version_key", "id"], name=index),
            )
            for name, index in (
                ("codereporelease", "release_by_version"),
                ("dataproduct", "product_by_version"),
                ("externalobject", "external_by_version"),
            )
        ),
    ]
