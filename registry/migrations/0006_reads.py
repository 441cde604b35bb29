# Indexes in which the records that link to one record come in order, one for each link:
# a list embeds the newest of them, however many one record has and whatever the
# database believes about that. Those on the columns alone go, for these begin with them;
# the tables of links keep theirs, which Django manages.

import django.db.models.deletion
from django.db import migrations, models


def links_in_order(table: str, target: str, source: str) -> migrations.RunSQL:
    """Add an index from the other side of a table of links that has no model."""
    return migrations.RunSQL(
        f"CREATE INDEX {table}_in_order ON registry_{table} ({target}_id, {source}_id)",
        f"DROP INDEX {table}_in_order",
    )


class Migration(migrations.Migration):
    dependencies = [
        ("registry", "0005_files"),
    ]

    operations = [
        migrations.AlterField(
            model_name="dataproduct",
            name="namespace",
            field=models.ForeignKey(
                db_index=False,
                help_text="The namespace that the name belongs to.",
                on_delete=django.db.models.deletion.PROTECT,
                related_name="products_named",
                to="registry.namespace",
            ),
        ),
        migrations.AlterField(
            model_name="dataproduct",
            name="object",
            field=models.ForeignKey(
                db_index=False,
                help_text="The object that is this data product.",
                on_delete=django.db.models.deletion.PROTECT,
                related_name="data_products",
                to="registry.object",
            ),
        ),
        migrations.AlterField(
            model_name="externalobject",
            name="original_store",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                help_text="Where the data came from.",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="originals",
                to="registry.storagelocation",
            ),
        ),
        migrations.AlterField(
            model_name="keyvalue",
            name="object",
            field=models.ForeignKey(
                db_index=False,
                help_text="The object that the fact is about.",
                on_delete=django.db.models.deletion.PROTECT,
                related_name="key_values",
                to="registry.object",
            ),
        ),
        migrations.AlterField(
            model_name="keyword",
            name="object",
            field=models.ForeignKey(
                db_index=False,
                help_text="The object that the keyword is for.",
                on_delete=django.db.models.deletion.PROTECT,
                related_name="keywords",
                to="registry.object",
            ),
        ),
        migrations.AlterField(
            model_name="licence",
            name="object",
            field=models.ForeignKey(
                db_index=False,
                help_text="The object that is licensed.",
                on_delete=django.db.models.deletion.PROTECT,
                related_name="licences",
                to="registry.object",
            ),
        ),
        migrations.AlterField(
            model_name="object",
            name="file_type",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                help_text="The object's file format.",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="objects_of_type",
                to="registry.filetype",
            ),
        ),
        migrations.AlterField(
            model_name="object",
            name="storage_location",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                help_text="Where the object lives; once set, it stays.",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="objects_here",
                to="registry.storagelocation",
            ),
        ),
        migrations.AlterField(
            model_name="qualitycontrolled",
            name="document",
            field=models.ForeignKey(
                db_index=False,
                help_text="The object that documents the quality control.",
                on_delete=django.db.models.deletion.PROTECT,
                related_name="quality_control_of",
                to="registry.object",
            ),
        ),
        migrations.AlterField(
            model_name="storagelocation",
            name="storage_root",
            field=models.ForeignKey(
                db_index=False,
                help_text="The root that the path is below.",
                on_delete=django.db.models.deletion.PROTECT,
                related_name="locations",
                to="registry.storageroot",
            ),
        ),
        migrations.AlterField(
            model_name="userauthor",
            name="author",
            field=models.ForeignKey(
                db_index=False,
                help_text="The author that the account belongs to.",
                on_delete=django.db.models.deletion.PROTECT,
                related_name="user_authors",
                to="registry.author",
            ),
        ),
        migrations.AddIndex(
            model_name="dataproduct",
            index=models.Index(fields=["object", "id"], name="product_by_object"),
        ),
        migrations.AddIndex(
            model_name="dataproduct",
            index=models.Index(fields=["namespace", "id"], name="product_by_namespace"),
        ),
        migrations.AddIndex(
            model_name="externalobject",
            index=models.Index(
                fields=["original_store", "id"], name="external_by_store"
            ),
        ),
        migrations.AddIndex(
            model_name="keyvalue",
            index=models.Index(fields=["object", "id"], name="key_value_by_object"),
        ),
        migrations.AddIndex(
            model_name="keyword",
            index=models.Index(fields=["object", "id"], name="keyword_by_object"),
        ),
        migrations.AddIndex(
            model_name="licence",
            index=models.Index(fields=["object", "id"], name="licence_by_object"),
        ),
        migrations.AddIndex(
            model_name="object",
            index=models.Index(
                fields=["storage_location", "id"], name="object_by_location"
            ),
        ),
        migrations.AddIndex(
            model_name="object",
            index=models.Index(fields=["file_type", "id"], name="object_by_file_type"),
        ),
        migrations.AddIndex(
            model_name="objectcomponent",
            index=models.Index(
                condition=models.Q(("whole_object", False)),
                fields=["whole_object", "object"],
                name="component_part",
            ),
        ),
        migrations.AddIndex(
            model_name="qualitycontrolled",
            index=models.Index(fields=["document", "id"], name="quality_by_document"),
        ),
        migrations.AddIndex(
            model_name="storagelocation",
            index=models.Index(fields=["storage_root", "id"], name="location_by_root"),
        ),
        migrations.AddIndex(
            model_name="userauthor",
            index=models.Index(fields=["author", "id"], name="user_author_by_author"),
        ),
        links_in_order("object_authors", "author", "object"),
        links_in_order("objectcomponent_issues", "issue", "objectcomponent"),
    ]
