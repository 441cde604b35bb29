# Orders: every order of a list gets an index. The one of `updated_by` replaces the plain
# index of this column, which is dropped by itself: SQLite would rebuild all tables.

from __future__ import annotations

from typing import Any

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

_RECORDS = (
    "author",
    "codereporelease",
    "coderun",
    "dataproduct",
    "externalobject",
    "filetype",
    "issue",
    "keyvalue",
    "keyword",
    "licence",
    "namespace",
    "object",
    "objectcomponent",
    "qualitycontrolled",
    "storagelocation",
    "storageroot",
    "userauthor",
)


def updated_by() -> Any:
    """Return the field without its plain index."""
    return models.ForeignKey(
        db_index=False,
        editable=False,
        help_text="Who made the latest change to this record.",
        on_delete=django.db.models.deletion.PROTECT,
        related_name="+",
        to=settings.AUTH_USER_MODEL,
    )


def drop_old_indexes(apps: Any, schema_editor: Any) -> None:
    """Drop the index of `updated_by` alone of each type."""
    connection = schema_editor.connection
    for name in _RECORDS:
        table = apps.get_model("registry", name)._meta.db_table
        with connection.cursor() as cursor:
            found = connection.introspection.get_constraints(cursor, table)
        for index, about in found.items():
            if about["index"] and about["columns"] == ["updated_by_id"]:
                schema_editor.execute(f"DROP INDEX {connection.ops.quote_name(index)}")


class Migration(migrations.Migration):
    dependencies = [
        ("registry", "0015_row_changes"),
    ]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[
                migrations.RunPython(drop_old_indexes, migrations.RunPython.noop)
            ],
            state_operations=[
                migrations.AlterField(name, "updated_by", updated_by())
                for name in _RECORDS
            ],
        ),
        migrations.AddIndex(
            model_name="author",
            index=models.Index(
                fields=["last_updated", "id"], name="author_last_updated"
            ),
        ),
        migrations.AddIndex(
            model_name="author",
            index=models.Index(fields=["updated_by", "id"], name="author_updated_by"),
        ),
        migrations.AddIndex(
            model_name="codereporelease",
            index=models.Index(
                fields=["last_updated", "id"], name="release_last_updated"
            ),
        ),
        migrations.AddIndex(
            model_name="codereporelease",
            index=models.Index(fields=["updated_by", "id"], name="release_updated_by"),
        ),
        migrations.AddIndex(
            model_name="coderun",
            index=models.Index(
                fields=["last_updated", "id"], name="code_run_last_updated"
            ),
        ),
        migrations.AddIndex(
            model_name="coderun",
            index=models.Index(fields=["updated_by", "id"], name="code_run_updated_by"),
        ),
        migrations.AddIndex(
            model_name="coderun",
            index=models.Index(fields=["run_date", "id"], name="code_run_run_date"),
        ),
        migrations.AddIndex(
            model_name="coderun",
            index=models.Index(fields=["end_date", "id"], name="code_run_end_date"),
        ),
        migrations.AddIndex(
            model_name="dataproduct",
            index=models.Index(
                fields=["last_updated", "id"], name="product_last_updated"
            ),
        ),
        migrations.AddIndex(
            model_name="dataproduct",
            index=models.Index(fields=["updated_by", "id"], name="product_updated_by"),
        ),
        migrations.AddIndex(
            model_name="dataproduct",
            index=models.Index(fields=["name", "id"], name="product_name"),
        ),
        migrations.AddIndex(
            model_name="externalobject",
            index=models.Index(
                fields=["primary_not_supplement", "id"],
                name="external_primary_not_supplemen",
            ),
        ),
        migrations.AddIndex(
            model_name="externalobject",
            index=models.Index(fields=["identifier", "id"], name="external_identifier"),
        ),
        migrations.AddIndex(
            model_name="externalobject",
            index=models.Index(
                fields=["last_updated", "id"], name="external_last_updated"
            ),
        ),
        migrations.AddIndex(
            model_name="externalobject",
            index=models.Index(fields=["updated_by", "id"], name="external_updated_by"),
        ),
        migrations.AddIndex(
            model_name="externalobject",
            index=models.Index(
                fields=["release_date", "id"], name="external_release_date"
            ),
        ),
        migrations.AddIndex(
            model_name="externalobject",
            index=models.Index(fields=["title", "id"], name="external_title"),
        ),
        migrations.AddIndex(
            model_name="externalobject",
            index=models.Index(
                fields=["alternate_identifier", "id"],
                name="external_alternate_identifier",
            ),
        ),
        migrations.AddIndex(
            model_name="filetype",
            index=models.Index(
                fields=["last_updated", "id"], name="file_type_last_updated"
            ),
        ),
        migrations.AddIndex(
            model_name="filetype",
            index=models.Index(
                fields=["updated_by", "id"], name="file_type_updated_by"
            ),
        ),
        migrations.AddIndex(
            model_name="filetype",
            index=models.Index(fields=["extension", "id"], name="file_type_extension"),
        ),
        migrations.AddIndex(
            model_name="issue",
            index=models.Index(
                fields=["last_updated", "id"], name="issue_last_updated"
            ),
        ),
        migrations.AddIndex(
            model_name="issue",
            index=models.Index(fields=["updated_by", "id"], name="issue_updated_by"),
        ),
        migrations.AddIndex(
            model_name="issue",
            index=models.Index(fields=["severity", "id"], name="issue_severity"),
        ),
        migrations.AddIndex(
            model_name="keyvalue",
            index=models.Index(
                fields=["last_updated", "id"], name="key_value_last_updated"
            ),
        ),
        migrations.AddIndex(
            model_name="keyvalue",
            index=models.Index(
                fields=["updated_by", "id"], name="key_value_updated_by"
            ),
        ),
        migrations.AddIndex(
            model_name="keyvalue",
            index=models.Index(fields=["key", "id"], name="key_value_key"),
        ),
        migrations.AddIndex(
            model_name="keyword",
            index=models.Index(
                fields=["last_updated", "id"], name="keyword_last_updated"
            ),
        ),
        migrations.AddIndex(
            model_name="keyword",
            index=models.Index(fields=["updated_by", "id"], name="keyword_updated_by"),
        ),
        migrations.AddIndex(
            model_name="keyword",
            index=models.Index(fields=["keyphrase", "id"], name="keyword_keyphrase"),
        ),
        migrations.AddIndex(
            model_name="keyword",
            index=models.Index(fields=["identifier", "id"], name="keyword_identifier"),
        ),
        migrations.AddIndex(
            model_name="licence",
            index=models.Index(
                fields=["last_updated", "id"], name="licence_last_updated"
            ),
        ),
        migrations.AddIndex(
            model_name="licence",
            index=models.Index(fields=["updated_by", "id"], name="licence_updated_by"),
        ),
        migrations.AddIndex(
            model_name="licence",
            index=models.Index(fields=["identifier", "id"], name="licence_identifier"),
        ),
        migrations.AddIndex(
            model_name="namespace",
            index=models.Index(
                fields=["last_updated", "id"], name="namespace_last_updated"
            ),
        ),
        migrations.AddIndex(
            model_name="namespace",
            index=models.Index(
                fields=["updated_by", "id"], name="namespace_updated_by"
            ),
        ),
        migrations.AddIndex(
            model_name="namespace",
            index=models.Index(fields=["closed", "id"], name="namespace_closed"),
        ),
        migrations.AddIndex(
            model_name="object",
            index=models.Index(
                fields=["last_updated", "id"], name="object_last_updated"
            ),
        ),
        migrations.AddIndex(
            model_name="object",
            index=models.Index(fields=["updated_by", "id"], name="object_updated_by"),
        ),
        migrations.AddIndex(
            model_name="objectcomponent",
            index=models.Index(
                fields=["last_updated", "id"], name="component_last_updated"
            ),
        ),
        migrations.AddIndex(
            model_name="objectcomponent",
            index=models.Index(
                fields=["updated_by", "id"], name="component_updated_by"
            ),
        ),
        migrations.AddIndex(
            model_name="objectcomponent",
            index=models.Index(fields=["name", "id"], name="component_name"),
        ),
        migrations.AddIndex(
            model_name="objectcomponent",
            index=models.Index(
                fields=["whole_object", "id"], name="component_whole_object"
            ),
        ),
        migrations.AddIndex(
            model_name="qualitycontrolled",
            index=models.Index(
                fields=["last_updated", "id"], name="quality_last_updated"
            ),
        ),
        migrations.AddIndex(
            model_name="qualitycontrolled",
            index=models.Index(fields=["updated_by", "id"], name="quality_updated_by"),
        ),
        migrations.AddIndex(
            model_name="storagelocation",
            index=models.Index(
                fields=["last_updated", "id"], name="location_last_updated"
            ),
        ),
        migrations.AddIndex(
            model_name="storagelocation",
            index=models.Index(fields=["updated_by", "id"], name="location_updated_by"),
        ),
        migrations.AddIndex(
            model_name="storagelocation",
            index=models.Index(fields=["public", "id"], name="location_public"),
        ),
        migrations.AddIndex(
            model_name="storageroot",
            index=models.Index(fields=["last_updated", "id"], name="root_last_updated"),
        ),
        migrations.AddIndex(
            model_name="storageroot",
            index=models.Index(fields=["updated_by", "id"], name="root_updated_by"),
        ),
        migrations.AddIndex(
            model_name="storageroot",
            index=models.Index(fields=["local", "id"], name="root_local"),
        ),
        migrations.AddIndex(
            model_name="userauthor",
            index=models.Index(
                fields=["last_updated", "id"], name="user_author_last_updated"
            ),
        ),
        migrations.AddIndex(
            model_name="userauthor",
            index=models.Index(
                fields=["updated_by", "id"], name="user_author_updated_by"
            ),
        ),
    ]
