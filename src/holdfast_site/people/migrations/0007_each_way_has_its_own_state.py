from django.db import migrations, models
from django.db.migrations.state import StateApps
from django.db.models import F


def both_as_they_were(apps: StateApps, schema_editor: object) -> None:
    """What held for both holds for each. A question that is open now does not say which it is about: it is over."""
    contacts = apps.get_model("people", "Contact").objects
    contacts.update(phone_to_confirm=F("email_to_confirm"), phone_good_from=F("email_good_from"), confirms=None)


class Migration(migrations.Migration):
    dependencies = [
        ("people", "0006_names_and_whose_address"),
    ]

    operations = [
        migrations.RenameField(
            model_name="contact",
            old_name="to_confirm",
            new_name="email_to_confirm",
        ),
        migrations.RenameField(
            model_name="contact",
            old_name="good_from",
            new_name="email_good_from",
        ),
        migrations.AddField(
            model_name="contact",
            name="phone_to_confirm",
            field=models.BooleanField(default=True),
        ),
        migrations.AddField(
            model_name="contact",
            name="phone_good_from",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="contact",
            name="codes_from",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="contact",
            name="asks",
            field=models.CharField(blank=True, max_length=5),
        ),
        migrations.RunPython(both_as_they_were, migrations.RunPython.noop),
    ]
