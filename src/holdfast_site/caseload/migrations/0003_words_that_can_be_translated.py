"""Why somebody is overdue: a form and what fills it. What stands there stays as it is until it is made anew."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("caseload", "0002_guesses_repairs_and_counts")]

    operations = [
        migrations.RenameField("overdue", "words", "form"),
        migrations.AddField("overdue", "values", models.JSONField(default=dict)),
    ]
