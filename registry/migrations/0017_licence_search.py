"""Find licences by their names, in any case, with an index."""

from __future__ import annotations

from django.db import migrations, models

from registry.core.text_prefixes import IndexedStart


class Migration(migrations.Migration):
    dependencies = (("registry", "0016_orders"),)

    operations = (
        migrations.AddIndex(
            model_name="licence",
            index=models.Index(
                IndexedStart("licence_info"), models.F("id"), name="licence_by_name"
            ),
        ),
    )
