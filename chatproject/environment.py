"""What the environment, or a `.env` file, says: read once, checked, and refused with one sentence when it makes no sense.

Every variable is described in `.env.example`.
"""

import os
import re
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, NoReturn
from urllib.parse import urlsplit

import environ
from django.core.exceptions import ImproperlyConfigured

SHORTEST_SECRET_KEY = 50
DURATION = re.compile(r"(\d{1,6})\s*([smhdw])")
UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


class BadValueError(Exception):
    """A variable is missing or makes no sense. The message is one sentence that names it."""


def parse_duration(text: str) -> timedelta:
    """The time span that a text such as `24h`, `90m` or `7d` means; ValueError for anything else, and for nothing at all."""
    match = DURATION.fullmatch(text.strip().lower())
    if not match or not int(match[1]):
        raise ValueError("is not a time span such as 24h, 90m or 7d")
    return timedelta(**{UNITS[match[2]]: int(match[1])})


def parse_port(text: str) -> int:
    """The number of a TCP port; ValueError for anything else."""
    if not text.isdecimal() or not 0 < int(text) < 65536:
        raise ValueError("is not a port number from 1 to 65535")
    return int(text)


def parse_count(text: str) -> int:
    """A whole number from 1 on; ValueError for anything else."""
    if not text.isdecimal() or not text.isascii() or not 0 < int(text) <= 1_000_000_000:
        raise ValueError("is not a number from 1 to 1000000000")
    return int(text)


def parse_bool(text: str) -> bool:
    """Yes or no in the usual spellings; ValueError for anything else (so that a typing error never switches TLS off)."""
    spelled = {
        "true": True,
        "yes": True,
        "on": True,
        "1": True,
        "false": False,
        "no": False,
        "off": False,
        "0": False,
    }
    if text.strip().lower() not in spelled:
        raise ValueError("is neither true nor false")
    return spelled[text.strip().lower()]


def parse_list(text: str) -> list[str]:
    """The parts between commas, trimmed; ValueError if there is none."""
    parts = [part.strip() for part in text.split(",") if part.strip()]
    if not parts:
        raise ValueError("is empty")
    return parts


def parse_origin(text: str) -> str:
    """An address such as `https://chat.example.org`, without a path or a slash at the end; ValueError for anything else."""
    parts = urlsplit(text.strip())
    if (
        parts.scheme not in {"http", "https"}
        or not parts.hostname
        or parts.path.strip("/")
        or parts.query
        or parts.fragment
    ):
        raise ValueError("is not an address such as https://chat.example.org")
    return f"{parts.scheme}://{parts.netloc}"


def parse_origins(text: str) -> list[str]:
    """Several addresses, with commas between them; ValueError if one is none."""
    return [parse_origin(part) for part in parse_list(text)]


def parse_database(url: str) -> dict[str, Any]:
    """Django's settings for the PostgreSQL database at `url`; ValueError for any other kind and for an address without a name."""
    if not url.startswith(("postgres://", "postgresql://")):
        raise ValueError("is not an address such as postgres://user:password@host:5432/name")
    settings: dict[str, Any] = environ.Env.db_url_config(url)
    options = settings.setdefault("OPTIONS", {})
    settings["HOST"] = options.pop("host", settings["HOST"])
    if not settings["NAME"]:
        raise ValueError("names no database (it is what follows the last slash)")
    return settings


def parse_redis(url: str) -> str:
    """The address of a Redis server, as given; ValueError for anything else."""
    if urlsplit(url).scheme not in {"redis", "rediss", "unix"}:
        raise ValueError("is not an address such as redis://host:6379/0")
    return url


def parse_email(url: str) -> dict[str, Any]:
    """Django's settings for sending mail by `url`; ValueError if it is no such address."""
    try:
        found: dict[str, Any] = environ.Env.email_url_config(url)
    except ImproperlyConfigured:
        raise ValueError("is not an address such as smtp+tls://user:password@host:587") from None
    if "EMAIL_FILE_PATH" in found:
        found["EMAIL_FILE_PATH"] = f"/{found['EMAIL_FILE_PATH'].lstrip('/')}"
    return {name: value for name, value in found.items() if name.startswith("EMAIL_") and value is not None}


def parse_secret_key(text: str) -> str:
    """The key as given; ValueError if it can be guessed."""
    if len(text) < SHORTEST_SECRET_KEY or len(set(text)) < 8:
        raise ValueError(f"is too short to be secret (at least {SHORTEST_SECRET_KEY} random characters)")
    return text


def parse_path(text: str) -> Path:
    """An absolute path; ValueError for a relative one, which would mean something else in every folder."""
    if not Path(text).is_absolute():
        raise ValueError("is not an absolute path")
    return Path(text)


@dataclass(frozen=True, kw_only=True)
class Environment:
    """Everything that the environment decides, checked."""

    var: Path
    port: int
    database: dict[str, Any] | None
    redis_url: str
    secret_key: str
    allowed_hosts: list[str]
    email: dict[str, Any]
    default_from_email: str
    csrf_trusted_origins: list[str]
    public_url: str
    behind_tls_proxy: bool
    unused_key_ttl: timedelta
    epoch_max_age: timedelta
    epoch_max_messages: int
    sends_per_minute: int

    @property
    def embedded(self) -> bool:
        """Whether the program keeps its own PostgreSQL, on this machine."""
        return self.database is None


class Reader:
    """Takes one variable after another out of a mapping."""

    def __init__(self, variables: Mapping[str, str]) -> None:
        self.variables = variables

    def has(self, name: str) -> bool:
        """Whether the variable is there and says something."""
        return bool(self.variables.get(name, "").strip())

    def optional[T](self, name: str, parse: Callable[[str], T], default: T) -> T:
        """The parsed value of a variable, or `default` where it is absent or empty; BadValueError if it can't be parsed."""
        return self.parsed(name, parse) if self.has(name) else default

    def parsed[T](self, name: str, parse: Callable[[str], T]) -> T:
        """The parsed value of a variable that is there; BadValueError if it can't be parsed."""
        try:
            return parse(self.variables[name].strip())
        except ValueError as error:
            raise BadValueError(f"{name} {error}.") from None

    def required[T](self, name: str, parse: Callable[[str], T]) -> T:
        """The parsed value of a variable; BadValueError if it is absent, empty, or can't be parsed."""
        if not self.has(name):
            raise BadValueError(f"{name} must be set where DATABASE_URL is.")
        return self.parsed(name, parse)


def read(variables: Mapping[str, str], base: Path) -> Environment:
    """What `variables` say for the program in the folder `base`; BadValueError names the first that makes no sense."""
    reader = Reader(variables)
    database = reader.optional("DATABASE_URL", parse_database, None)
    find = read_embedded if database is None else read_served
    return Environment(database=database, **read_common(reader, base), **find(reader, base))


def read_common(reader: Reader, base: Path) -> dict[str, Any]:
    """The variables that mean the same in the embedded default and on servers."""
    return {
        "var": variable_folder(reader, base),
        "port": reader.optional("PORT", parse_port, 8000),
        "redis_url": reader.optional("REDIS_URL", parse_redis, ""),
        "csrf_trusted_origins": reader.optional("CSRF_TRUSTED_ORIGINS", parse_origins, list[str]()),
        "behind_tls_proxy": reader.optional("BEHIND_TLS_PROXY", parse_bool, False),
        "default_from_email": reader.optional("DEFAULT_FROM_EMAIL", str, "Sotto <sotto@localhost>"),
        "unused_key_ttl": reader.optional("UNUSED_KEY_TTL", parse_duration, timedelta(hours=24)),
        "epoch_max_age": reader.optional("EPOCH_MAX_AGE", parse_duration, timedelta(days=7)),
        "epoch_max_messages": reader.optional("EPOCH_MAX_MESSAGES", parse_count, 1000),
        "sends_per_minute": reader.optional("SENDS_PER_MINUTE", parse_count, 600),
    }


def read_embedded(reader: Reader, base: Path) -> dict[str, Any]:
    """What the embedded default makes up for itself, unless it is told."""
    var = variable_folder(reader, base)
    port = reader.optional("PORT", parse_port, 8000)
    outbox = {
        "EMAIL_BACKEND": "django.core.mail.backends.filebased.EmailBackend",
        "EMAIL_FILE_PATH": str(var / "outbox"),
    }
    return {
        "secret_key": reader.optional("SECRET_KEY", parse_secret_key, "") or kept_secret(var / "secret_key"),
        "allowed_hosts": reader.optional("ALLOWED_HOSTS", parse_list, ["localhost", "127.0.0.1", "[::1]"]),
        "email": reader.optional("EMAIL_URL", parse_email, outbox),
        "public_url": reader.optional("PUBLIC_URL", parse_origin, f"http://localhost:{port}"),
    }


def read_served(reader: Reader, _base: Path) -> dict[str, Any]:
    """What must be said as soon as the database is somewhere else."""
    hosts = reader.required("ALLOWED_HOSTS", parse_list)
    scheme = "https" if reader.optional("BEHIND_TLS_PROXY", parse_bool, False) else "http"
    return {
        "secret_key": reader.required("SECRET_KEY", parse_secret_key),
        "allowed_hosts": hosts,
        "email": reader.required("EMAIL_URL", parse_email),
        "public_url": reader.optional("PUBLIC_URL", parse_origin, f"{scheme}://{hosts[0].lstrip('.')}"),
    }


def variable_folder(reader: Reader, base: Path) -> Path:
    """Where the program keeps what it makes."""
    return reader.optional("VAR_DIR", parse_path, base / "var")


def kept_secret(path: Path) -> str:
    """The secret kept in the file `path`, made at the first call; BadValueError if the file can't be used."""
    try:
        return parse_secret_key(path.read_text().strip() if path.exists() else make_secret(path))
    except (OSError, UnicodeDecodeError, ValueError) as error:
        raise BadValueError(f"SECRET_KEY is not set, and {path} can't serve in its place: {error}.") from None


def make_secret(path: Path) -> str:
    """Writes a new secret to `path`, for the owner's eyes only. Two at once end with the same one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(secrets.token_urlsafe(64))
    try:
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()
    return path.read_text()


def read_or_exit(base: Path) -> Environment:
    """What the environment and `base/.env` say; the environment wins. Ends the process with a sentence if that makes no sense."""
    if (base / ".env").is_file():
        environ.Env.read_env(str(base / ".env"))
    try:
        return read(os.environ, base)
    except BadValueError as error:
        stop(str(error))


def stop(sentence: str) -> NoReturn:
    """Ends the process, with a sentence on standard error and exit code 2."""
    os.write(2, f"Sotto can't start: {sentence}\n".encode())
    raise SystemExit(2)
