"""Sotto's settings: one module for every place. What differs from place to place comes from the environment (`.env.example`)."""

from datetime import timedelta
from pathlib import Path
from typing import Any

from chatproject import embedded, environment, security, static

BASE_DIR = Path(__file__).resolve().parent.parent
ENVIRONMENT = environment.read_or_exit(BASE_DIR)

# --- Where and how it runs ---

DEBUG = False
EMBEDDED = ENVIRONMENT.embedded
VAR_DIR = ENVIRONMENT.var
PORT = ENVIRONMENT.port
SECRET_KEY = ENVIRONMENT.secret_key
ALLOWED_HOSTS = ENVIRONMENT.allowed_hosts
CSRF_TRUSTED_ORIGINS = ENVIRONMENT.csrf_trusted_origins
PUBLIC_URL = ENVIRONMENT.public_url
BEHIND_TLS_PROXY = ENVIRONMENT.behind_tls_proxy
REDIS_URL = ENVIRONMENT.redis_url
UNUSED_KEY_TTL = ENVIRONMENT.unused_key_ttl
EPOCH_MAX_AGE = ENVIRONMENT.epoch_max_age
EPOCH_MAX_MESSAGES = ENVIRONMENT.epoch_max_messages
SENDS_PER_MINUTE = ENVIRONMENT.sends_per_minute

ROOT_URLCONF = "chatproject.urls"
WSGI_APPLICATION = "chatproject.wsgi.application"
TEST_RUNNER = "django.test.runner.DiscoverRunner"

INSTALLED_APPS = [
    "chatproject",
    "accounts",
    "keys",
    "contacts",
    "messaging",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "django_celery_beat",
]

MIDDLEWARE = [
    "chatproject.headers.SecurityHeadersMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.middleware.csp.ContentSecurityPolicyMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "accounts.sessions.LastSeenMiddleware",
    "django.middleware.common.CommonMiddleware",
    "chatproject.bodies.BodyLimitMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.csp",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

# --- Database and cache ---

DATABASES: dict[str, dict[str, Any]] = {
    "default": {
        **(ENVIRONMENT.database or embedded.django_settings(VAR_DIR / "postgres")),
        "ENGINE": "chatproject.database",
        # A connection is kept as long as its thread: opening one costs more than most of our statements.
        "CONN_MAX_AGE": None,
        "CONN_HEALTH_CHECKS": True,
    }
}
# Nothing that a request does may wait, or hold others up, for longer than this. Migrations lift the first (chatproject/apps.py).
DATABASES["default"]["OPTIONS"] = {
    "options": "-c statement_timeout=15s -c lock_timeout=5s -c idle_in_transaction_session_timeout=30s",
    "application_name": "sotto",
    "connect_timeout": 10,
    # Used by prepared_cursor() only (chatproject/database/base.py).
    "prepare_threshold": 0,
    **DATABASES["default"].get("OPTIONS", {}),
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

CACHES: dict[str, dict[str, Any]] = {
    "default": (
        {
            "BACKEND": "django.core.cache.backends.redis.RedisCache",
            "LOCATION": REDIS_URL,
            "KEY_PREFIX": "sotto",
        }
        if REDIS_URL
        else {
            "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
            # Past it, entries are thrown out, and with them what the limits have counted.
            "OPTIONS": {"MAX_ENTRIES": 100_000},
        }
    )
}

# --- People ---

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["accounts.backends.SecretBackend"]
# It wants a plain unique column. Ours is unique ignoring case, by a constraint, which says more.
SILENCED_SYSTEM_CHECKS = ["auth.W004"]
# What a browser sends is a secret derived from the password, never the password: so nothing here hashes passwords.
PASSWORD_HASHERS = ["accounts.hashers.SecretHasher"]
AUTH_PASSWORD_VALIDATORS: list[dict[str, Any]] = []
# How many seconds a link for starting over is good (keys/starting_over.py).
PASSWORD_RESET_TIMEOUT = 60 * 60
# Only the admin has messages; the default storage would get a signed cookie ready for every request of everybody.
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"
LOGIN_URL = "/accounts/login/"
LOGIN_REDIRECT_URL = "/messages/"
LOGOUT_REDIRECT_URL = "/"

SESSION_ENGINE = "accounts.sessions"
SESSION_COOKIE_NAME = "__Host-sessionid" if BEHIND_TLS_PROXY else "sessionid"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = 60 * 60 * 24 * 30
# A session that is written at every request would make a search write to the database.
SESSION_SAVE_EVERY_REQUEST = False

# --- Security ---

CSRF_FAILURE_VIEW = "chatproject.pages.csrf_failure"
CSRF_COOKIE_NAME = "__Host-csrftoken" if BEHIND_TLS_PROXY else "csrftoken"
CSRF_COOKIE_HTTPONLY = True
CSRF_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_SSL_REDIRECT = BEHIND_TLS_PROXY
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if BEHIND_TLS_PROXY else None
SECURE_HSTS_SECONDS = 60 * 60 * 24 * 365 if BEHIND_TLS_PROXY else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = BEHIND_TLS_PROXY
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
# Not no-referrer: under that, browsers send `Origin: null` with a form, and Django's CSRF check refuses it.
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
SECURE_CSP = security.PAGES
DATA_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 100
# No address takes a file: what comes in as one is dropped as it is read.
FILE_UPLOAD_HANDLERS: list[str] = []

# --- Language and time ---

LANGUAGE_CODE = "en"
USE_I18N = False
USE_TZ = True
TIME_ZONE = "UTC"

# --- Static files (chatproject/static.py) ---

STATICFILES_DIRS = [BASE_DIR / "static"]
STATICFILES_FINDERS = [
    "django.contrib.staticfiles.finders.FileSystemFinder",
    "django.contrib.staticfiles.finders.AppDirectoriesFinder",
    "chatproject.vendor.VendorFinder",
]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "chatproject.static.VersionedStorage"},
}
STATIC_URL = "/static/"
STATIC_ROOT = VAR_DIR / "static"
WHITENOISE_IMMUTABLE_FILE_TEST = static.is_immutable
WHITENOISE_ALLOW_ALL_ORIGINS = False
WHITENOISE_MIMETYPES = {".webmanifest": "application/manifest+json"}

# --- Mail ---

EMAIL_TIMEOUT = 10
EMAIL_BACKEND = ENVIRONMENT.email["EMAIL_BACKEND"]
EMAIL_FILE_PATH = ENVIRONMENT.email.get("EMAIL_FILE_PATH", "")
EMAIL_HOST = ENVIRONMENT.email.get("EMAIL_HOST", "localhost")
EMAIL_PORT = ENVIRONMENT.email.get("EMAIL_PORT", 25)
EMAIL_HOST_USER = ENVIRONMENT.email.get("EMAIL_HOST_USER", "")
EMAIL_HOST_PASSWORD = ENVIRONMENT.email.get("EMAIL_HOST_PASSWORD", "")
EMAIL_USE_TLS = ENVIRONMENT.email.get("EMAIL_USE_TLS", False)
EMAIL_USE_SSL = ENVIRONMENT.email.get("EMAIL_USE_SSL", False)
DEFAULT_FROM_EMAIL = SERVER_EMAIL = ENVIRONMENT.default_from_email

# --- Work in the background ---

CELERY_BROKER_URL = REDIS_URL or "memory://"
CELERY_RESULT_BACKEND = None
CELERY_TASK_IGNORE_RESULT = True
# Without Redis there is nobody to hand a task to: it runs where it is called.
CELERY_TASK_ALWAYS_EAGER = not REDIS_URL
CELERY_TASK_EAGER_PROPAGATES = True
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_TIME_LIMIT = 300
CELERY_TIMEZONE = "UTC"
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BEAT_SCHEDULER = "chatproject.beat:Scheduler"
# Once they stand in the database, an admin retimes and pauses them there. What no worker takes before the next is due is dropped.
CELERY_BEAT_SCHEDULE: dict[str, dict[str, Any]] = {
    "delete unused keys": {
        "task": "keys.tasks.cleanup_keys",
        "schedule": timedelta(minutes=15),
        "options": {"expire_seconds": 15 * 60},
    },
    "delete messages whose time is over": {
        "task": "messaging.tasks.expire_messages",
        "schedule": timedelta(minutes=1),
        "options": {"expire_seconds": 60},
    },
    "delete expired sessions": {
        "task": "accounts.tasks.clear_sessions",
        "schedule": timedelta(hours=1),
        "options": {"expire_seconds": 60 * 60},
    },
    "finish erasing accounts": {
        "task": "messaging.tasks.finish_erasures",
        "schedule": timedelta(minutes=15),
        "options": {"expire_seconds": 15 * 60},
    },
}
# There are no results to delete, nor a task to delete them.
CELERY_RESULT_EXPIRES = None

# --- Logging: to standard error, a line a record; never a query string, a cookie or a body ---

LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"()": "chatproject.logs.LineFormatter"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": "INFO"},
    "loggers": {
        "django": {"handlers": [], "level": "INFO", "propagate": True},
        # It logs every 404 as a warning, which says more about the visitor than about us.
        "django.request": {"level": "ERROR"},
        "django.security": {"level": "WARNING"},
        # It warns whenever somebody asks with HEAD.
        "gunicorn.http.wsgi": {"level": "ERROR"},
    },
}
