from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("handover", "0005_keys_in_addresses"),
    ]

    operations = [
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
                    ("missed", "An appointment was missed or called off late, and nobody has spoken to him since"),
                    ("pause_over", "The pause he agreed is over"),
                ],
                max_length=20,
            ),
        ),
    ]
