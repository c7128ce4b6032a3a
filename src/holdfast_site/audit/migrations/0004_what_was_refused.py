from django.db import migrations, models


class Migration(migrations.Migration):
    """How often somebody who had signed in was refused, hour by hour."""

    dependencies = [("audit", "0003_found_by_what_it_is_about")]

    operations = [
        migrations.CreateModel(
            name="Refused",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("actor", models.CharField(max_length=80)),
                ("hour", models.DateTimeField()),
                ("times", models.PositiveSmallIntegerField(default=0)),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("hour", "actor"), name="refusals_are_counted_by_the_hour")
                ]
            },
        ),
    ]
