from typing import Any
from uuid import uuid4

from django.db import migrations, models


def give_keys(apps: Any, schema_editor: Any) -> None:
    matters = apps.get_model("handover", "Matter")
    for matter in matters.objects.all():
        matters.objects.filter(pk=matter.pk).update(key=uuid4())


class Migration(migrations.Migration):
    dependencies = [("handover", "0004_kept_from_his_therapist")]

    operations = [
        migrations.AddField("matter", "key", models.UUIDField(default=uuid4, editable=False, null=True)),
        migrations.RunPython(give_keys, migrations.RunPython.noop),
        migrations.AlterField("matter", "key", models.UUIDField(default=uuid4, editable=False, unique=True)),
    ]
