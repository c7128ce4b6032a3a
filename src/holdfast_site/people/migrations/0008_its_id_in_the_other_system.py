from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("people", "0007_each_way_has_its_own_state"),
    ]

    operations = [
        migrations.AddField(
            model_name="appointment",
            name="agreed_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="appointment",
            name="elsewhere_id",
            field=models.CharField(blank=True, max_length=100),
        ),
        migrations.AddConstraint(
            model_name="appointment",
            constraint=models.UniqueConstraint(
                condition=models.Q(("elsewhere_id", ""), _negated=True),
                fields=("elsewhere_id", "client"),
                name="one_row_a_client_and_appointment_elsewhere",
            ),
        ),
    ]
