from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0003_sessions_and_lock'),
    ]

    operations = [
        migrations.AddField(
            model_name='user',
            name='erasure_asked_at',
            field=models.DateTimeField(blank=True, editable=False, null=True, verbose_name='deleted by its owner'),
        ),
        migrations.AddConstraint(
            model_name='user',
            constraint=models.CheckConstraint(condition=Q(('erasure_asked_at__isnull', True), ('is_active', False), _connector='OR'), name='users_asked_to_be_erased_are_off'),
        ),
        migrations.AddIndex(
            model_name='user',
            index=models.Index(condition=Q(('erasure_asked_at__isnull', False)), fields=['erasure_asked_at'], name='users_yet_to_be_erased'),
        ),
    ]
