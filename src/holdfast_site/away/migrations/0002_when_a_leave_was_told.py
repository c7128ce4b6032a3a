from django.db import migrations, models


class Migration(migrations.Migration):
    """Of what is there already nobody knows when it was told: it counts from its first day on."""

    dependencies = [("away", "0001_leaves_and_closed_days")]

    operations = [
        migrations.AddField("leave", "told", models.JSONField(default=dict)),
        migrations.AddField("closed", "told", models.JSONField(default=dict)),
    ]
