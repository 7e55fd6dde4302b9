"""The project as an app: its commands, its template tags, and what must hold before anything else does."""

from typing import Any

from django.apps import AppConfig
from django.db import connections
from django.db.models.signals import post_migrate, pre_migrate


class ChatProjectConfig(AppConfig):
    """Registers the project itself with Django."""

    name = "chatproject"
    verbose_name = "Sotto"

    def ready(self) -> None:
        """Lets migrations take as long as they need; a waiting lock still gives up, so that they never stop the traffic."""
        pre_migrate.connect(lift_statement_timeout)
        post_migrate.connect(restore_statement_timeout)


def lift_statement_timeout(using: str, **_: Any) -> None:
    """Building an index on a large table takes longer than any request may."""
    with connections[using].cursor() as cursor:
        cursor.execute("SET statement_timeout = 0")


def restore_statement_timeout(using: str, **_: Any) -> None:
    """After the migrations, the limit holds again for whoever goes on using the connection."""
    with connections[using].cursor() as cursor:
        cursor.execute("RESET statement_timeout")
