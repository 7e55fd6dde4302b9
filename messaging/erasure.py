"""Erasing a person: what is theirs is deleted for good, and what they wrote stays with those they wrote to.

It stands here and not in accounts because it reaches into every app, and imports point one way.
"""

import secrets
import uuid
from collections.abc import Iterable

from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db import transaction
from django.db.models import Exists, Min, OuterRef, Q
from django.utils import timezone

from accounts.models import SuspendedSession, User
from accounts.passwords import KdfParameters
from accounts.standing import deactivate
from chatproject.refusals import Refusal, not_found
from contacts.models import Block, Contact
from keys.models import AesKey, CleanupRun, IdentityKey
from messaging.clearing import clear_for
from messaging.models import Conversation


def erase(*, user_id: uuid.UUID) -> None:
    """Erase this person for good; doing it twice is as good as once.

    Two transactions. The first waits for the exchanges and first messages with them that are under way, and no new one begins:
    so the second finds all that there is. If it never comes, they are deactivated, and can be erased again. Their name is free
    from then on; whoever takes it is somebody new.

    Where both people of a conversation are erased, it is deleted too, with its keys. Raises Refusal: `not_found`, `active`
    (somebody has switched the account on between the two).
    """
    deactivate(user_id=user_id)
    with transaction.atomic():
        keys = _hold_keys(user_id)
        people = _hold_people(user_id, keys)
        user = people.get(user_id)
        if user is None:
            raise not_found()
        if user.is_active:
            raise Refusal("active", "Somebody has switched this account on again meanwhile.", status=409)
        if user.erased_at is None:
            _erase(user, keys, people)


def _hold_keys(user_id: uuid.UUID) -> list[AesKey]:
    """All keys that this person is a party of, locked: so of the two people of a key, one is erased after the other.

    In one order, as first messages lock them.
    """
    identities = list(IdentityKey.objects.filter(user=user_id).values_list("pk", flat=True))
    keys = AesKey.objects.filter(Q(initiator_identity__in=identities) | Q(recipient_identity__in=identities))
    return list(keys.defer("exchange").select_for_update(no_key=True).order_by("pk"))


def _hold_people(user_id: uuid.UUID, keys: Iterable[AesKey]) -> dict[uuid.UUID, User]:
    """This person, and those erased before with whom they share a key, by id, locked in one order."""
    others = {person for key in keys for person in (key.initiator_id, key.recipient_id)}
    wanted = Q(pk=user_id) | Q(pk__in=others, erased_at__isnull=False)
    rows = User.objects.get_queryset().filter(wanted).select_for_update().order_by("pk")
    return {row.pk: row for row in rows}


def _erase(user: User, keys: Iterable[AesKey], erased: Iterable[uuid.UUID]) -> None:
    """Erase somebody whose keys are locked. `erased`: the person, and those of the others who are erased already."""
    conversations = Conversation.objects.filter(Q(low=user) | Q(high=user))
    held = list(conversations.select_for_update().order_by("pk"))
    _erase_account(user)
    Contact.objects.filter(owner=user).delete()
    Block.objects.filter(Q(blocker=user) | Q(blocked=user)).delete()
    clear_for(user.pk, [row.pk for row in held])
    # Nobody is left who could read these.
    conversations.filter(low__in=erased, high__in=erased).delete()
    _delete_keys(key for key in keys if not key.used or {key.initiator_id, key.recipient_id} <= set(erased))
    _delete_identities(user.pk, erased)


def _erase_account(user: User) -> None:
    """Overwrite what the row says of the person, and who did what in the admin."""
    # With spaces, which nobody's username can have.
    name = f"deleted account {secrets.token_hex(8)}"
    entries = LogEntry.objects.filter(content_type=ContentType.objects.get_for_model(User), object_id=user.pk)
    entries.update(object_repr=name)
    CleanupRun.objects.filter(begun_by=f"{user.username} (admin)").update(begun_by=f"{name} (admin)")
    user.username, user.email = name, ""
    user.email_proved_at = user.last_login = None
    user.is_active = user.is_staff = user.is_superuser = False
    user.erased_at, user.erasure_asked_at, user.suspended_at = timezone.now(), None, None
    user.warning = ""
    user.set_kdf(KdfParameters.default())
    user.set_unusable_password()
    user.save()
    SuspendedSession.objects.filter(user=user).delete()
    user.groups.clear()
    user.user_permissions.clear()


def _delete_keys(keys: Iterable[AesKey]) -> None:
    AesKey.objects.filter(pk__in=[key.pk for key in keys])._raw_delete(using="default")


def _delete_identities(user_id: uuid.UUID, erased: Iterable[uuid.UUID]) -> None:
    """Take the seeds away, and of each person here the identities that lead to no key.

    One that is named by a key stays for those who read what was written under it, and so do the later ones, over which their
    browsers come to it (docs/protocol.md, "When the keys change").
    """
    mine = IdentityKey.objects.filter(user=user_id)
    mine.update(
        current=False,
        wrapped_by_password=None,
        wrapped_by_recovery=None,
        recovery_hash=None,
        recovery_proved_at=None,
    )
    keys = AesKey.objects.filter(Q(initiator_identity=OuterRef("pk")) | Q(recipient_identity=OuterRef("pk")))
    for person in erased:
        identities = IdentityKey.objects.filter(user=person)
        first = identities.filter(Exists(keys)).aggregate(first=Min("version"))["first"]
        unneeded = identities if first is None else identities.filter(version__lt=first)
        unneeded._raw_delete(using="default")
