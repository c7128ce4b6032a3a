from django.db import migrations, models

CONSENTS = [
    ("care_notice", "What is held, and why"),
    ("checkins", "Questions after sessions"),
    ("messages", "Messages"),
    ("supervisor_reads", "The supervisor reads my words"),
    ("private_route", "Answers only for the care contact"),
    ("early_warning", "The early warning uses my answers"),
    ("lists", "Lists of who has gone quiet"),
    ("statistics", "I am counted in the practice's figures"),
    ("answers", "What I said is used"),
    ("research", "A study"),
]


class Migration(migrations.Migration):
    dependencies = [
        ("consents", "0001_what_a_client_allows"),
    ]

    operations = [
        migrations.RemoveConstraint(model_name="decision", name="consent_is_known"),
        migrations.AlterField(
            model_name="decision", name="consent", field=models.CharField(choices=CONSENTS, max_length=20)
        ),
        migrations.AddConstraint(
            model_name="decision",
            constraint=models.CheckConstraint(
                condition=models.Q(("consent__in", [name for name, _ in CONSENTS])), name="consent_is_known"
            ),
        ),
    ]
