from django.db import migrations, models


class Migration(migrations.Migration):
    """So that what was done within some weeks is found among millions of rows."""

    dependencies = [("audit", "0004_what_was_refused")]

    operations = [
        migrations.AddIndex(
            model_name="event",
            index=models.Index(fields=["action", "at"], name="audit_event_action_at"),
        ),
    ]
