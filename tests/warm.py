"""Sotto's WSGI application for a gunicorn that loads it before it forks: with all that a first request would load besides.

Nothing here may ask the database: a connection must not be shared by the processes that are forked.
"""

from pathlib import Path

from django.template import engines
from django.template.loader import get_template
from django.urls import reverse

from chatproject import modules, static
from chatproject.wsgi import application

__all__ = ["application"]

reverse("sign-in")
static.digests()
modules.neighbours()
modules.later()
for folder in engines["django"].dirs:
    for path in Path(folder).rglob("*.html"):
        get_template(str(path.relative_to(folder)))
