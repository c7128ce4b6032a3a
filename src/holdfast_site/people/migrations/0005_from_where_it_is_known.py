"""From where an appointment's time and status are known. What was said here before is found by its audit event."""

from django.apps.registry import Apps
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

SAID_HERE = ("appointment.booked", "appointment.changed", "appointment.marked")


def what_was_said_here(apps: Apps, editor: BaseDatabaseSchemaEditor) -> None:
    """What still stands as somebody here said it: nothing has changed its moment since."""
    appointments, events = apps.get_model("people", "Appointment"), apps.get_model("audit", "Event")
    told = events.objects.filter(action__in=SAID_HERE, about__startswith="appointment:").order_by("pk")
    for about, at in dict(told.values_list("about", "at")).items():
        stands = models.Q(status_at=at) | models.Q(booked_at=at)
        appointments.objects.filter(stands, pk=int(about.partition(":")[2])).update(known_from="site", known_at=at)


class Migration(migrations.Migration):
    dependencies = [
        ("people", "0004_who_has_room"),
        ("audit", "0003_found_by_what_it_is_about"),
    ]

    operations = [
        migrations.AddField(
            model_name="appointment",
            name="known_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="appointment",
            name="known_from",
            field=models.CharField(
                choices=[("site", "Somebody here"), ("export", "An export")], default="export", max_length=10
            ),
        ),
        migrations.RunPython(what_was_said_here, migrations.RunPython.noop),
        migrations.AddConstraint(
            model_name="appointment",
            constraint=models.CheckConstraint(
                condition=models.Q(("known_from__in", ["site", "export"])), name="known_from_is_known"
            ),
        ),
        migrations.AddConstraint(
            model_name="appointment",
            constraint=models.CheckConstraint(
                condition=models.Q(("known_from", "export"), ("known_at__isnull", False), _connector="OR"),
                name="what_was_said_here_was_said_at_some_time",
            ),
        ),
    ]
