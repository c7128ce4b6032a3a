import django.db.models.deletion
from django.db import migrations, models
from django.db.models import Q

KINDS = [
    ("link", "A link with questions"),
    ("confirm", "Asks whether a changed address is his"),
    ("moved", "Tells him at his old address that it was changed"),
    ("changed", "Tells him that how he signs in was changed"),
    ("code", "Brings whoever works here the code for a new address of his own"),
    ("waits", "Tells whoever works here that something is waiting"),
]


class Migration(migrations.Migration):
    """A message goes to a client, or to somebody who works here."""

    dependencies = [
        ("messages", "0004_told_how_he_signs_in_was_changed"),
        ("accounts", "0007_where_staff_hears_that_something_waits"),
    ]

    operations = [
        migrations.AlterField(
            model_name="message",
            name="client",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="messages", to="people.client"
            ),
        ),
        migrations.AddField(
            model_name="message",
            name="mailbox",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.CASCADE, related_name="messages", to="accounts.mailbox"
            ),
        ),
        migrations.AlterField(
            model_name="message",
            name="kind",
            field=models.CharField(choices=KINDS, default="link", max_length=10),
        ),
        migrations.AddConstraint(
            model_name="message",
            constraint=models.CheckConstraint(
                condition=Q(client__isnull=False) ^ Q(mailbox__isnull=False),
                name="a_message_goes_to_a_client_or_to_who_works_here",
            ),
        ),
    ]
