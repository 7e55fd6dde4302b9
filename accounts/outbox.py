"""The mails of the embedded default, which has no mail server: they lie in a folder and are shown on a page."""

import email
import re
from dataclasses import dataclass
from datetime import datetime
from email import policy
from email.message import EmailMessage
from email.utils import parsedate_to_datetime
from pathlib import Path

from django.conf import settings

FILE_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
SHOWN = 50
_END_OF_MAIL = re.compile(rb"^-{79}\n", re.MULTILINE)


@dataclass(frozen=True)
class Mail:
    """One mail: to whom, about what, when, and its text."""

    to: str
    subject: str
    date: datetime | None
    body: str

    @property
    def links(self) -> list[str]:
        """The addresses in the text."""
        return re.findall(r"https?://\S+", self.body)


def is_kept() -> bool:
    """Whether this is the embedded default, with mails kept in files."""
    return bool(settings.EMBEDDED) and settings.EMAIL_BACKEND == FILE_BACKEND


def newest() -> list[Mail]:
    """The latest mails, newest first."""
    folder = Path(settings.EMAIL_FILE_PATH)
    # Django names a file by the second and then at random, so its name does not tell which of two is newer.
    files = sorted(folder.glob("*.log"), key=lambda file: file.stat().st_mtime_ns, reverse=True)
    return [mail for file in files[:SHOWN] for mail in reversed(read(file))][:SHOWN]


def read(file: Path) -> list[Mail]:
    """The mails in one of Django's files, in their order."""
    parts = _END_OF_MAIL.split(file.read_bytes())
    return [parse(part) for part in parts if part.strip()]


def parse(raw: bytes) -> Mail:
    """One mail, from its bytes as they would have been sent."""
    message = email.message_from_bytes(raw, _class=EmailMessage, policy=policy.default)
    body = message.get_body(("plain",))
    return Mail(
        to=str(message["To"]),
        subject=str(message["Subject"]),
        date=parsedate_to_datetime(str(message["Date"])) if message["Date"] else None,
        body=body.get_content() if body else "",
    )
