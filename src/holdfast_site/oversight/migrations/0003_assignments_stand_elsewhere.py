from django.db import migrations


class Migration(migrations.Migration):
    """The table stays as it is; it belongs to ``accounts`` from now on."""

    dependencies = [
        ("oversight", "0002_leaves_stand_elsewhere"),
    ]

    operations = [
        migrations.SeparateDatabaseAndState(state_operations=[migrations.DeleteModel(name="Assignment")]),
    ]
