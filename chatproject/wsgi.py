"""The WSGI application that gunicorn serves: Django for the work, and a waiting room for the live connections."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "chatproject.settings")
django_application = get_wsgi_application()

from messaging.live import bus  # noqa: E402 (needs the settings)
from messaging.live.handover import HandOver  # noqa: E402

application = HandOver(django_application, bus.room)
bus.listen()
