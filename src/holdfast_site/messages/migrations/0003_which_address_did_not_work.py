import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("messages", "0002_kinds_and_where_it_went"),
        ("people", "0007_each_way_has_its_own_state"),
    ]

    operations = [
        migrations.AlterField(
            model_name="undelivered",
            name="client",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="undelivered", to="people.client"
            ),
        ),
        migrations.AddField(
            model_name="undelivered",
            name="went_to",
            field=models.BinaryField(default=bytes, max_length=32),
        ),
        migrations.AddField(
            model_name="undelivered",
            name="is_denied",
            field=models.BooleanField(default=False),
        ),
        migrations.AddConstraint(
            model_name="undelivered",
            constraint=models.UniqueConstraint(fields=("client", "went_to"), name="an_address_fails_a_client_once"),
        ),
    ]
