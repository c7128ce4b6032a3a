"""No bound on a wrapped key: each new master key adds one for what comes. The column itself never had one."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("people", "0008_its_id_in_the_other_system")]

    operations = [
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.AlterField(model_name="client", name="wrapped_key", field=models.BinaryField())
            ]
        ),
    ]
