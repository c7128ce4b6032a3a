"""The database refuses to change or delete an event, whoever asks."""

from typing import Any

from django.db import migrations

SQLITE = """
CREATE TRIGGER audit_event_no_{verb} BEFORE {verb} ON audit_event
BEGIN SELECT RAISE(ABORT, 'the audit is only added to'); END
"""
POSTGRES = """
CREATE OR REPLACE FUNCTION audit_event_refuse() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION 'the audit is only added to'; END $$;
CREATE TRIGGER audit_event_no_{verb} BEFORE {verb} ON audit_event FOR EACH ROW EXECUTE FUNCTION audit_event_refuse()
"""
VERBS = ("update", "delete")


def refuse(apps: Any, schema_editor: Any) -> None:
    words = SQLITE if schema_editor.connection.vendor == "sqlite" else POSTGRES
    for verb in VERBS:
        # nosemgrep: sql-from-parts - one of the two words above
        schema_editor.execute(words.format(verb=verb))


def allow(apps: Any, schema_editor: Any) -> None:
    on = "" if schema_editor.connection.vendor == "sqlite" else " ON audit_event"
    for verb in VERBS:
        # nosemgrep: sql-from-parts - one of the two words above
        schema_editor.execute(f"DROP TRIGGER audit_event_no_{verb}{on}")


class Migration(migrations.Migration):
    dependencies = [("audit", "0001_initial")]

    operations = [migrations.RunPython(refuse, allow)]
