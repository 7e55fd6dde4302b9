"""Two questions that machines ask: is the process up, and can it work?"""

import logging

import redis
from django.conf import settings
from django.db import DatabaseError, connection
from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

log = logging.getLogger(__name__)


@never_cache
@require_safe
def healthz(_request: HttpRequest) -> JsonResponse:
    """200 as long as the process answers at all."""
    return JsonResponse({"ok": True})


@never_cache
@require_safe
def readyz(_request: HttpRequest) -> JsonResponse:
    """200 if the database, and Redis where there is one, answer; else 503. Says which does not, and never why (the log does)."""
    parts = {"database": database_answers()}
    if settings.REDIS_URL:
        parts["redis"] = redis_answers()
    ok = all(parts.values())
    return JsonResponse({"ok": ok, **parts}, status=200 if ok else 503)


def database_answers() -> bool:
    """Whether PostgreSQL answers a trivial question."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
            return bool(cursor.fetchone() == (1,))
    except DatabaseError as error:
        log.warning("The database does not answer: %s", error)
        return False


def redis_answers() -> bool:
    """Whether Redis answers within two seconds."""
    client = redis.Redis.from_url(settings.REDIS_URL, socket_timeout=2, socket_connect_timeout=2)
    try:
        return bool(client.ping())
    except redis.RedisError as error:
        log.warning("Redis does not answer: %s", error)
        return False
    finally:
        client.close()
