"""People delete their own accounts while other things happen to them: real connections, many rounds."""

from functools import partial

import pytest

from accounts.models import Session, User
from chatproject.refusals import Refusal
from contacts.models import Contact
from keys.credentials import change_password
from keys.models import AesKey
from messaging.leaving import delete_account, finish_erasures
from messaging.models import Conversation
from tests.cast import Actor, Browser, enter, meet
from tests.crowd import Crowd, Deed, one_by_one, pressing, refusing, sending
from tests.passwords import Password

pytestmark = [pytest.mark.race, pytest.mark.django_db(transaction=True)]

ROUNDS = 25


def newcomer(name: str) -> tuple[Actor, Password]:
    """Somebody with a password."""
    actor = enter(name)
    password = Password(actor.person)
    password.store()
    return actor, password


def deleting(actor: Actor, password: Password) -> Deed:
    return refusing(partial(delete_account, user_id=actor.id, secret=password.secret))


def assert_gone(actor: Actor) -> None:
    """The account is erased, nobody is signed in with it, and nothing is left to be done."""
    user = actor.user
    assert (user.is_active, user.erased_at is not None, user.erasure_asked_at) == (False, True, None)
    assert not Session._base_manager.filter(user=actor.id).exists()
    assert not Contact.objects.filter(owner=actor.id).exists()


def test_deleted_in_two_browsers_and_by_the_task_at_once_it_is_deleted_once(crowd: Crowd) -> None:
    for number in range(ROUNDS):
        alice, password = newcomer(f"alice{number}")
        bob = enter(f"bob{number}")
        meet(alice, bob)
        results = crowd.at_once(deleting(alice, password), deleting(alice, password), finish_erasures)
        assert sorted(results[:2]) == ["done", "signed_out"]
        assert_gone(alice)


def test_deleted_while_both_write_and_exchange_nothing_is_lost_of_what_was_stored(crowd: Crowd) -> None:
    for number in range(ROUNDS):
        alice, password = newcomer(f"alice{number}")
        bob, carol = enter(f"bob{number}"), enter(f"carol{number}")
        meet(alice, bob)
        from_alice = one_by_one([sending(alice.person, alice.seal(f"{n}", to=bob)) for n in range(3)])
        from_bob = one_by_one([sending(bob.person, bob.seal(f"{n}", to=alice)) for n in range(3)])
        offered = refusing(pressing(carol.person, carol.person.offer(alice.person.bundle)))
        deeds: list[Deed] = [from_alice, from_bob, offered, deleting(alice, password)]
        assert crowd.at_once(*deeds)[3] == "done"
        assert_gone(alice)
        conversation = Conversation.objects.between(alice.id, bob.id).get()
        numbers = list(conversation.messages.order_by("seq").values_list("seq", flat=True))
        assert numbers == list(range(1, conversation.last_seq + 1))
        assert not AesKey.objects.between(alice.id, carol.id).exists()
        assert isinstance(sending(bob.person, bob.seal("late", to=alice))(), Refusal)


def test_deleted_while_somebody_signs_in_or_changes_the_password_nobody_stays(crowd: Crowd) -> None:
    for number in range(ROUNDS):
        alice, password = newcomer(f"alice{number}")
        body = {"login": alice.username, "secret": password.secret, "next": ""}
        new = Password(alice.person).new()
        changing = partial(
            change_password, user_id=alice.id, secret=password.secret, new=new, session_key=None
        )
        deeds: list[Deed] = [
            partial(Browser().tell, "/accounts/login/", body),
            refusing(changing),
            deleting(alice, password),
        ]
        _signed_in, changed, deleted = crowd.at_once(*deeds)
        assert (changed, deleted) in [("done", "wrong_password"), ("signed_out", "done"), ("done", "done")]
        if deleted == "done":
            assert_gone(alice)
        else:
            assert alice.user.is_active
            assert alice.user.erasure_asked_at is None


def test_of_two_superusers_who_delete_their_accounts_at_once_one_stays(crowd: Crowd) -> None:
    for number in range(ROUNDS):
        people = [newcomer(f"{name}{number}") for name in ("root", "second")]
        User.objects.filter(pk__in=[actor.id for actor, _password in people]).update(is_superuser=True)
        results = crowd.at_once(*(deleting(*each) for each in people))
        assert sorted(results) == ["done", "last_superuser"]
        assert User.objects.filter(is_superuser=True, is_active=True).count() == 1
        User.objects.filter(is_superuser=True).update(is_superuser=False)
