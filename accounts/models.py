"""Who someone is: the person, and the sessions in which they are signed in."""

import secrets
import uuid
from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.contrib.postgres.functions import RandomUUID
from django.contrib.sessions.backends.base import SessionBase
from django.contrib.sessions.base_session import AbstractBaseSession, BaseSessionManager
from django.core.exceptions import ValidationError
from django.db import IntegrityError, models, transaction
from django.db.models import Q
from django.db.models.functions import Length, Now
from django.db.models.lookups import Exact
from django.utils import timezone

from accounts.names import MAX_USERNAME_LENGTH, validate_username
from accounts.passwords import ALGORITHM, KdfParameters, normalise_name, split_password

LOCK_MINUTES = (0, 5, 15, 60)
LONGEST_BROWSER = 80


def new_id() -> uuid.UUID:
    """A protocol id: 16 random bytes, no version bits (docs/protocol.md, Conventions)."""
    return uuid.UUID(bytes=secrets.token_bytes(16))


class UserQuerySet(models.QuerySet["User"]):
    """The ways in which people are looked up by what somebody typed."""

    def named(self, text: str) -> "UserQuerySet":
        """The person with this username, or with this e-mail address if it is proved and its owner can be found by it.

        An address that nobody is to find is no name to sign in by either: what signing in asks first (the salt) would tell
        anybody whose it is.
        """
        key = normalise_name(text)
        by_email = Q(email_key=key, email_proved_at__isnull=False, email_searchable=True)
        return self.filter(Q(username_key=key) | by_email)

    def hold_unchanged(self, user: "User") -> bool:
        """Lock this person's row, in a transaction; whether they are active and their password is still the one of `user`."""
        found = self.filter(pk=user.pk, password=user.password, is_active=True).select_for_update(no_key=True)
        return found.first() is not None

    def suspended_unchanged(self, user: "User") -> bool:
        """Whether this person is suspended, and their password still the one of `user`: who has it may be told."""
        return self.filter(pk=user.pk, password=user.password, suspended_at__isnull=False).exists()


class UserManager(BaseUserManager["User"]):
    """Makes people whose password is known here: those of `createsuperuser`, of the demo and of tests."""

    def get_queryset(self) -> UserQuerySet:
        return UserQuerySet(self.model, using=self._db)

    def get_by_natural_key(self, username: str | None) -> "User":
        return self.get_queryset().get(username_key=normalise_name(username or ""))

    def create_user(
        self, username: str, email: str = "", password: str | None = None, **fields: Any
    ) -> "User":
        """A person signing in with `password`, which is split here as a browser would split it."""
        kdf = KdfParameters.default()
        user = self.model(username=username, email=email, **fields)
        user.set_kdf(kdf)
        if password is None:
            user.set_unusable_password()
        else:
            user.set_password(split_password(password, kdf).sign_in_secret)
        user.save(using=self._db)
        return user

    def create_superuser(
        self, username: str, email: str = "", password: str | None = None, **fields: Any
    ) -> "User":
        """As `create_user`, for somebody who may do everything in the admin. The operator vouches for the e-mail.

        Raises ValidationError for a name that nobody may have, and for a name or an address that is taken.
        """
        validate_username(username)
        rights = {
            "is_staff": True,
            "is_superuser": True,
            "email_proved_at": timezone.now() if email else None,
        }
        try:
            with transaction.atomic(using=self._db):
                return self.create_user(username, email, password, **rights, **fields)
        except IntegrityError as error:
            raise ValidationError("This username or e-mail address is taken.") from error


class User(AbstractBaseUser, PermissionsMixin):
    """A person. `password` is the hash of the *derived* sign-in secret: the server never sees the password."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    username = models.CharField(max_length=MAX_USERNAME_LENGTH, validators=[validate_username])
    username_key = models.CharField(max_length=4 * MAX_USERNAME_LENGTH, unique=True, editable=False)
    email = models.EmailField("e-mail", blank=True)
    email_key = models.CharField(max_length=1016, blank=True, editable=False)
    email_proved_at = models.DateTimeField("e-mail proved", null=True, blank=True, editable=False)
    email_searchable = models.BooleanField("can be found by e-mail", default=True)

    kdf_memory_kib = models.PositiveIntegerField(editable=False)
    kdf_passes = models.PositiveSmallIntegerField(editable=False)
    kdf_lanes = models.PositiveSmallIntegerField(editable=False)
    kdf_salt = models.BinaryField(editable=False)

    receipts = models.BooleanField("shows what is delivered and read", db_default=True, editable=False)
    typing = models.BooleanField("shows when typing", db_default=True, editable=False)

    lock_minutes = models.PositiveSmallIntegerField(db_default=0, editable=False)

    # What whoever runs this Sotto has told them and they have not put away, and how often they were told something.
    warning = models.TextField(blank=True, db_default="", editable=False)
    warnings = models.PositiveIntegerField("times warned", db_default=0, editable=False)

    is_active = models.BooleanField("active", default=True)
    is_staff = models.BooleanField("may use the admin", default=False)
    joined_at = models.DateTimeField("joined", db_default=Now(), editable=False)
    erased_at = models.DateTimeField("erased", null=True, blank=True, editable=False)
    suspended_at = models.DateTimeField("suspended", null=True, blank=True, editable=False)
    erasure_asked_at = models.DateTimeField("deleted by its owner", null=True, blank=True, editable=False)

    objects: ClassVar[UserManager] = UserManager()

    USERNAME_FIELD = "username"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS = ["email"]

    class Meta:
        db_table = "users"
        verbose_name = "person"
        verbose_name_plural = "people"
        constraints = [
            models.UniqueConstraint(
                fields=["email_key"],
                condition=Q(email_proved_at__isnull=False),
                name="users_proved_email_once",
            ),
            models.CheckConstraint(condition=~Q(username_key=""), name="users_have_a_name"),
            models.CheckConstraint(
                condition=Q(email_proved_at__isnull=True) | ~Q(email_key=""), name="users_prove_an_address"
            ),
            # The bounds of docs/protocol.md, section 1.
            models.CheckConstraint(
                condition=Q(kdf_memory_kib__range=(47_104, 262_144), kdf_passes__range=(1, 10), kdf_lanes=1)
                & (Q(kdf_passes__gte=3) | Q(kdf_memory_kib__gte=65_536)),
                name="users_kdf_not_weak",
            ),
            models.CheckConstraint(condition=Exact(Length("kdf_salt"), 16), name="users_kdf_salt_size"),
            models.CheckConstraint(
                condition=Q(erased_at__isnull=True) | Q(is_active=False, email_key=""),
                name="users_erased_are_gone",
            ),
            models.CheckConstraint(
                condition=Q(suspended_at__isnull=True) | Q(is_active=False, erased_at__isnull=True),
                name="users_suspended_are_off",
            ),
            models.CheckConstraint(
                condition=Q(erasure_asked_at__isnull=True) | Q(is_active=False),
                name="users_asked_to_be_erased_are_off",
            ),
            models.CheckConstraint(
                condition=Q(lock_minutes__in=LOCK_MINUTES), name="users_lock_after_some_time"
            ),
        ]
        indexes = [
            models.Index(
                fields=["erasure_asked_at"],
                condition=Q(erasure_asked_at__isnull=False),
                name="users_yet_to_be_erased",
            )
        ]

    def __str__(self) -> str:
        return self.username

    def save(self, **options: Any) -> None:
        """Keep the compared forms of the names beside the names, whichever fields are saved."""
        self.username_key = normalise_name(self.username)
        self.email_key = normalise_name(self.email)
        fields = options.get("update_fields")
        if fields is not None:
            keys = {f"{name}_key" for name in ("username", "email") if name in fields}
            options["update_fields"] = set(fields) | keys
        super().save(**options)

    @property
    def shown_name(self) -> str:
        """The name by which others see this person."""
        return self.username if self.erased_at is None else "Deleted account"

    @property
    def kdf(self) -> KdfParameters:
        """The Argon2id parameters with which this person's browser derives the sign-in secret."""
        return KdfParameters(
            ALGORITHM, self.kdf_memory_kib, self.kdf_passes, self.kdf_lanes, bytes(self.kdf_salt)
        )

    def set_kdf(self, kdf: KdfParameters) -> None:
        """Take over `kdf`; the caller saves, together with the secret that was derived with it."""
        self.kdf_memory_kib, self.kdf_passes, self.kdf_lanes = kdf.memory_kib, kdf.passes, kdf.lanes
        self.kdf_salt = kdf.salt


class SessionManager(BaseSessionManager["Session"]):
    """Finds the sessions that are good. One whose person has been deactivated is not, wherever that was done."""

    def get_queryset(self) -> models.QuerySet["Session"]:
        return super().get_queryset().exclude(user__is_active=False)


class Session(AbstractBaseSession):
    """A session that knows its person, so that ending somebody's sessions is one verb.

    Pages and addresses call it by its `handle`. Its key is in its owner's cookie and nowhere else.
    """

    user = models.ForeignKey(User, null=True, on_delete=models.CASCADE, related_name="sessions")
    handle = models.UUIDField(db_default=RandomUUID(), unique=True, editable=False)
    browser = models.CharField(max_length=LONGEST_BROWSER, blank=True, db_default="", editable=False)
    created_at = models.DateTimeField(db_default=Now())
    seen_at = models.DateTimeField(db_default=Now())

    objects: ClassVar[SessionManager] = SessionManager()

    class Meta:
        db_table = "sessions"

    def save(self, **options: Any) -> None:
        """Saved again, a session is the same one: its handle and its times stay as the database has them."""
        if options.get("force_update"):
            options["update_fields"] = ["session_data", "expire_date", "user", "browser"]
        super().save(**options)

    @classmethod
    def get_session_store_class(cls) -> type[SessionBase]:
        from accounts.sessions import SessionStore

        return SessionStore


class SuspendedSession(models.Model):
    """The key of a session that ended because its person was suspended: whoever still has it is told so, and no more.

    It opens nothing, and says nothing any more once the suspension is lifted.
    """

    session_key = models.CharField(max_length=40, primary_key=True)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")

    class Meta:
        db_table = "suspended_sessions"
