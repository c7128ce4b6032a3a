from django.db import migrations, models


class Migration(migrations.Migration):
    """So that whoever signs in hears what was changed about his ways in since he last said that he knows."""

    dependencies = [("accounts", "0005_whose_each_session_is")]

    operations = [
        migrations.AddField(model_name="passkey", name="told_at", field=models.DateTimeField(null=True)),
        migrations.AddField(model_name="codeapp", name="told_at", field=models.DateTimeField(null=True)),
    ]
