from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("people", "0009_a_wrapped_key_can_grow"),
    ]

    operations = [
        migrations.AddField(
            model_name="client",
            name="other_ids",
            field=models.JSONField(blank=True, default=list),
        ),
    ]
