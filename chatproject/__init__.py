"""The project: settings, addresses, security headers, the embedded PostgreSQL, health."""

from chatproject.celery import app as celery_app

__all__ = ["celery_app"]
