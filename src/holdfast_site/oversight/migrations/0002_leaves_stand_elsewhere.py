from django.db import migrations


class Migration(migrations.Migration):
    """The table stays as it is; it belongs to ``away`` from now on."""

    dependencies = [
        ("oversight", "0001_supervisors_and_stand_ins"),
    ]

    operations = [
        migrations.SeparateDatabaseAndState(state_operations=[migrations.DeleteModel(name="Leave")]),
    ]
