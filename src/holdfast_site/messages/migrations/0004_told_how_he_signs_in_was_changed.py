from django.db import migrations, models

KINDS = [
    ("link", "A link with questions"),
    ("confirm", "Asks whether a changed address is his"),
    ("moved", "Tells him at his old address that it was changed"),
    ("changed", "Tells him that how he signs in was changed"),
]


class Migration(migrations.Migration):
    """One more kind of message. The column stays as it is."""

    dependencies = [("messages", "0003_which_address_did_not_work")]

    operations = [
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.AlterField(
                    model_name="message",
                    name="kind",
                    field=models.CharField(choices=KINDS, default="link", max_length=10),
                )
            ]
        ),
    ]
