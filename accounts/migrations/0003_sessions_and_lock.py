from django.contrib.postgres.functions import RandomUUID
from django.db import migrations, models
from django.db.models.functions import Now


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0002_erased'),
    ]

    operations = [
        migrations.AddField(
            model_name='session',
            name='handle',
            field=models.UUIDField(db_default=RandomUUID(), editable=False, unique=True),
        ),
        migrations.AddField(
            model_name='session',
            name='browser',
            field=models.CharField(blank=True, db_default='', editable=False, max_length=80),
        ),
        migrations.AddField(
            model_name='session',
            name='seen_at',
            field=models.DateTimeField(db_default=Now()),
        ),
        migrations.AddField(
            model_name='user',
            name='lock_minutes',
            field=models.PositiveSmallIntegerField(db_default=0, editable=False),
        ),
        migrations.AddConstraint(
            model_name='user',
            constraint=models.CheckConstraint(condition=models.Q(('lock_minutes__in', (0, 5, 15, 60))), name='users_lock_after_some_time'),
        ),
    ]
