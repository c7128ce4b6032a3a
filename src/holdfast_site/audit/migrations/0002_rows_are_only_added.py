"""The database refuses to change or delete an event, whoever asks."""

from django.db import migrations

REFUSE = """
CREATE TRIGGER audit_event_no_{verb} BEFORE {verb} ON audit_event
BEGIN SELECT RAISE(ABORT, 'the audit is only added to'); END
"""


class Migration(migrations.Migration):
    dependencies = [("audit", "0001_initial")]

    operations = [
        migrations.RunSQL(REFUSE.format(verb=verb), f"DROP TRIGGER audit_event_no_{verb}")
        for verb in ("update", "delete")
    ]
