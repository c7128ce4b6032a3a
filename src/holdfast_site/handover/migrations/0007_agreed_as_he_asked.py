from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("handover", "0006_missed_or_called_off_late"),
    ]

    operations = [
        migrations.AlterField(
            model_name="matter",
            name="outcome",
            field=models.CharField(
                blank=True,
                choices=[
                    ("booked", "Booked again"),
                    ("switched", "Goes on with another therapist here"),
                    ("paused", "A break is agreed"),
                    ("told", "He stopped, and said so"),
                    ("planned", "Finished as planned"),
                    ("referred", "Goes on elsewhere"),
                    ("unreached", "Could not be reached"),
                    ("agreed", "Agreed: from now on as he asked"),
                    ("talked", "Talked; he goes on as it is"),
                    ("by_itself", "It settled itself"),
                ],
                max_length=20,
            ),
        ),
    ]
