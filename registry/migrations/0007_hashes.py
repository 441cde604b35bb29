# Hashes that no file is found by are refused from now on; those on record stay.

import registry.core.validators
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("registry", "0006_reads"),
    ]

    operations = [
        migrations.AlterField(
            model_name="storagelocation",
            name="hash",
            field=models.CharField(
                db_index=True,
                help_text="SHA-1 of the file's bytes in hexadecimal digits, or the commit of a code repository.",
                max_length=1024,
                validators=[
                    registry.core.validators.validate_index_size,
                    registry.core.validators.validate_checksum,
                ],
            ),
        ),
    ]
