"""Find external objects by their identifiers in any case, with indexes."""

from __future__ import annotations

from django.db import migrations, models
from django.db.models.functions import Lower


class Migration(migrations.Migration):
    dependencies = (("registry", "0017_licence_search"),)

    operations = (
        migrations.AddIndex(
            model_name="externalobject",
            index=models.Index(Lower("identifier"), name="external_by_any_case"),
        ),
        migrations.AddIndex(
            model_name="externalobject",
            index=models.Index(Lower("alternate_identifier"), name="external_by_alias"),
        ),
    )
