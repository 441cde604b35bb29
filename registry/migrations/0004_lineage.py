# Indexes in which what an object is linked to comes in order: a lineage reads the first
# of very many, and a list by code_repo its newest page. Those on the columns alone go,
# for these begin with them; the tables of links keep theirs, which Django manages.

import django.db.models.deletion
from django.db import migrations, models


def links_in_order(table: str) -> migrations.RunSQL:
    """Add an index from a component to its runs to a table that has no model."""
    return migrations.RunSQL(
        f"CREATE INDEX {table}_in_order ON registry_{table} (objectcomponent_id, coderun_id)",
        f"DROP INDEX {table}_in_order",
    )


class Migration(migrations.Migration):
    dependencies = [
        ("registry", "0003_people"),
    ]

    operations = [
        migrations.AlterField(
            model_name="coderun",
            name="code_repo",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                help_text="The object that is the code repository.",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="code_repo_of",
                to="registry.object",
            ),
        ),
        migrations.AlterField(
            model_name="coderun",
            name="model_config",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                help_text="The object that is the configuration of the run.",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="config_of",
                to="registry.object",
            ),
        ),
        migrations.AlterField(
            model_name="coderun",
            name="submission_script",
            field=models.ForeignKey(
                db_index=False,
                help_text="The object that is the script which started the run.",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="submission_script_of",
                to="registry.object",
            ),
        ),
        migrations.AddIndex(
            model_name="coderun",
            index=models.Index(fields=["code_repo", "id"], name="code_run_by_repo"),
        ),
        migrations.AddIndex(
            model_name="coderun",
            index=models.Index(
                fields=["model_config", "id"], name="code_run_by_config"
            ),
        ),
        migrations.AddIndex(
            model_name="coderun",
            index=models.Index(
                fields=["submission_script", "id"], name="code_run_by_script"
            ),
        ),
        migrations.AlterField(
            model_name="objectcomponent",
            name="object",
            field=models.ForeignKey(
                db_index=False,
                help_text="The object that this is a part of.",
                on_delete=django.db.models.deletion.PROTECT,
                related_name="components",
                to="registry.object",
            ),
        ),
        migrations.AddIndex(
            model_name="objectcomponent",
            index=models.Index(fields=["object", "id"], name="component_in_order"),
        ),
        links_in_order("coderun_inputs"),
        links_in_order("coderun_outputs"),
    ]
