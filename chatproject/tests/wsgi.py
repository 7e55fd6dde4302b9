"""Sotto with the test pages in the place of its own."""

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "chatproject.settings")

from django.conf import settings
from django.core.wsgi import get_wsgi_application

settings.ROOT_URLCONF = "chatproject.tests.pages"
application = get_wsgi_application()
