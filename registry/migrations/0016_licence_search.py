"""Find licences by their names and URLs with an index."""

from __future__ import annotations

from django.db import migrations, models

from registry.core.text_prefixes import IndexedStart


class Migration(migrations.Migration):
    dependencies = (("registry", "0013_merged_records"),)

    operations = (
        migrations.AddIndex(
            model_name="licence",
            index=models.Index(
                IndexedStart("licence_info"), models.F("id"), name="licence_by_name"
            ),
        ),
        migrations.AddIndex(
            model_name="licence",
            index=models.Index(
                fields=["identifier", "id"], name="licence_by_identifier"
            ),
        ),
    )
