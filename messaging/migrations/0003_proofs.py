from django.db import migrations, models
from django.db.models.functions import Length
from django.db.models.lookups import Range


class Migration(migrations.Migration):
    dependencies = [
        ("messaging", "0002_epochs"),
    ]

    operations = [
        migrations.RemoveConstraint(model_name="message", name="messages_envelope_size"),
        migrations.AddConstraint(
            model_name="message",
            constraint=models.CheckConstraint(
                condition=Range(Length("envelope"), (482, 65762)), name="messages_envelope_size"
            ),
        ),
    ]
