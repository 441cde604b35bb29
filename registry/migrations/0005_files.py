# Who stored a file is a column: it decides who may have the bytes, and whose quota they
# count towards. Until now the first event about the file said it.

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


def fill_stored_by(apps, schema_editor):
    """Copy the account of the first `created` event of each file."""
    Event = apps.get_model("registry", "Event")
    StoredFile = apps.get_model("registry", "StoredFile")
    created = Event.objects.filter(
        kind="stored_file", action="created", record_id=models.OuterRef("pk")
    ).order_by("pk")
    StoredFile.objects.update(stored_by=models.Subquery(created.values("by")[:1]))


class Migration(migrations.Migration):
    dependencies = [
        ("registry", "0004_lineage"),
    ]

    operations = [
        migrations.AddField(
            model_name="storedfile",
            name="sent_again_by",
            field=models.ManyToManyField(
                blank=True,
                editable=False,
                help_text="Who sent the same bytes later, which shows that they have them.",
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="storedfile",
            name="stored_by",
            field=models.ForeignKey(
                editable=False,
                help_text="Who sent the bytes first, and owns them; empty for the registry itself.",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.RunPython(fill_stored_by, migrations.RunPython.noop),
    ]
