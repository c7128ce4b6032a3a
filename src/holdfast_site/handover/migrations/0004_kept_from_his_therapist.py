from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0002_supervisor_lead_and_desk"),
        ("handover", "0003_said_cancel_and_back"),
        ("people", "0004_who_has_room"),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="matter",
            name="matter_kind_is_known",
        ),
        migrations.AlterField(
            model_name="matter",
            name="kind",
            field=models.CharField(
                choices=[
                    ("slower", "Asked to go slower"),
                    ("someone_else", "Asked for someone else"),
                    ("pause", "Asked for a pause"),
                    ("done", "Said he is done"),
                    ("call", "Asked to be called"),
                    ("cancel", "Asked to cancel an appointment"),
                    ("said", "Has something to say about how it goes"),
                    ("back", "Would like to come back"),
                    ("kept", "Kept something from his therapist"),
                    ("nothing_booked", "Nothing booked"),
                    ("missed", "Did not come, and nobody has spoken to him since"),
                    ("pause_over", "The pause he agreed is over"),
                ],
                max_length=20,
            ),
        ),
        migrations.AddConstraint(
            model_name="matter",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "kind__in",
                        [
                            "slower",
                            "someone_else",
                            "pause",
                            "done",
                            "call",
                            "cancel",
                            "said",
                            "back",
                            "kept",
                            "nothing_booked",
                            "missed",
                            "pause_over",
                        ],
                    )
                ),
                name="matter_kind_is_known",
            ),
        ),
    ]
