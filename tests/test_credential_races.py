"""Passwords, recovery keys and identities that are changed at the same moment: real connections, many rounds, started together.

Whoever wins wins wholly: the secret that signs in and the wrap that opens with it belong to the same password, always.
"""

import pytest
from django.conf import settings
from django.core.cache import cache

from accounts.models import Session
from chatproject.refusals import Refusal
from contacts.models import Contact
from keys.credentials import change_password
from keys.enrolment import Enrolment
from keys.models import IdentityKey
from keys.recovery import prove_recovery_key, recover_password, renew_recovery_key
from keys.starting_over import link_for, start_over
from messaging.sending import send
from tests.cast import A_PIN, Actor, Answer, Browser, enter, meet
from tests.crowd import Crowd, Deed, refusing, sending
from tests.passwords import Password, RecoveryKey, recovery_wrap, successor

pytestmark = [pytest.mark.race, pytest.mark.django_db(transaction=True)]

ROUNDS = 12


def changing(actor: Actor, old: Password, new: Password) -> Deed:
    """The deed of changing the password in some browser."""
    return refusing(
        lambda: change_password(user_id=actor.id, secret=old.secret, new=new.new(), session_key=None)
    )


def recovering(actor: Actor, new: Password) -> Deed:
    """The deed of setting a new password with the recovery key."""
    secret = RecoveryKey(actor.person, actor.person.recovery_key).secret
    return refusing(lambda: recover_password(login=actor.username, secret=secret, new=new.new()))


def renewing(actor: Actor, password: Password, new: RecoveryKey, replaces: bytes) -> Deed:
    """The deed of making a new recovery key in some browser."""
    made = new.new(replaces)
    return refusing(lambda: renew_recovery_key(user_id=actor.id, secret=password.secret, new=made))


def the_one_stored(*passwords: Password) -> Password:
    """The one of these that is stored, wholly. (`is_stored` fails where parts of two are mixed.)"""
    (found,) = [password for password in passwords if password.is_stored()]
    return found


def newcomer(number: int) -> tuple[Actor, Password]:
    """Somebody with a password."""
    actor = enter(f"alice{number}")
    password = Password(actor.person)
    password.store()
    return actor, password


def test_of_browsers_that_change_the_password_at_once_one_wins_and_the_others_have_the_wrong_one(
    crowd: Crowd,
) -> None:
    for number in range(ROUNDS):
        alice, old = newcomer(number)
        new = [Password(alice.person) for _browser in range(4)]
        results = crowd.at_once(*(changing(alice, old, each) for each in new))
        assert sorted(results) == ["done", *["wrong_password"] * 3]
        assert the_one_stored(old, *new) is new[results.index("done")]


def test_one_change_sent_many_times_at_once_is_done_once_and_answered_every_time(crowd: Crowd) -> None:
    for number in range(ROUNDS):
        alice, old = newcomer(number)
        new = Password(alice.person)
        assert crowd.at_once(*[changing(alice, old, new)] * 5) == ["done"] * 5
        assert the_one_stored(old, new) is new


def test_a_change_and_a_recovery_at_once_leave_one_whole_password(crowd: Crowd) -> None:
    for number in range(ROUNDS):
        alice, old = newcomer(number)
        changed, recovered = Password(alice.person), Password(alice.person)
        results = crowd.at_once(changing(alice, old, changed), recovering(alice, recovered))
        # The recovery always goes through, before the change, which is then refused, or after it.
        assert results in (["done", "done"], ["wrong_password", "done"])
        assert the_one_stored(old, changed, recovered) is recovered


def test_of_new_recovery_keys_made_at_once_one_stays_whole(crowd: Crowd) -> None:
    for number in range(ROUNDS):
        alice, password = newcomer(number)
        replaces, keys = recovery_wrap(alice), [RecoveryKey(alice.person) for _browser in range(4)]
        results = crowd.at_once(*(renewing(alice, password, each, replaces) for each in keys))
        assert sorted(results) == ["done", *["recovery_changed"] * 3]
        won = keys[results.index("done")]
        assert recovery_wrap(alice) == won.wrapped
        prove_recovery_key(user_id=alice.id, secret=won.secret)


def test_a_new_password_and_a_new_recovery_key_at_once_do_not_undo_each_other(crowd: Crowd) -> None:
    for number in range(ROUNDS):
        alice, old = newcomer(number)
        new, key = Password(alice.person), RecoveryKey(alice.person)
        changed, renewed = crowd.at_once(
            changing(alice, old, new), renewing(alice, old, key, recovery_wrap(alice))
        )
        assert changed == "done"
        assert the_one_stored(old, new) is new
        assert renewed in ("done", "wrong_password")
        assert (recovery_wrap(alice) == key.wrapped) == (renewed == "done")


def test_a_recovery_key_that_is_being_replaced_recovers_before_or_not_at_all(crowd: Crowd) -> None:
    for number in range(ROUNDS):
        alice, old = newcomer(number)
        new, key = Password(alice.person), RecoveryKey(alice.person)
        recovered, renewed = crowd.at_once(
            recovering(alice, new), renewing(alice, old, key, recovery_wrap(alice))
        )
        # Whichever is second shows what the first has just replaced.
        assert (recovered, renewed) in [("done", "wrong_password"), ("wrong_recovery", "done")]
        assert the_one_stored(old, new) is (new if recovered == "done" else old)
        assert (recovery_wrap(alice) == key.wrapped) == (renewed == "done")


def starting_over(actor: Actor, password: Password) -> Deed:
    """The deed of starting over, with a link of now, with the password of another identity that follows."""
    person, key = password.person, RecoveryKey(password.person)
    enrolment = Enrolment(person.bundle.encoded, password.wrapped, key.wrapped, key.secret)
    token, secret, kdf = link_for(actor.user).split("#")[1], password.secret, password.kdf
    return refusing(lambda: start_over(token=token, secret=secret, kdf=kdf, enrolment=enrolment))


def assert_current(actor: Actor, password: Password, version: int) -> None:
    """This password is stored, wholly, for the identity that it was made for, which is the one current one."""
    identity = IdentityKey.objects.get(user=actor.id, current=True)
    assert (identity.version, bytes(identity.bundle)) == (version, password.person.bundle.encoded)
    assert password.is_stored()


def test_of_those_who_start_over_at_once_with_links_of_their_own_one_does(crowd: Crowd) -> None:
    for number in range(ROUNDS):
        alice, _old = newcomer(number)
        new = [Password(successor(alice.person)) for _link in range(3)]
        results = crowd.at_once(*(starting_over(alice, each) for each in new))
        assert sorted(results) == ["bad_token", "bad_token", "done"]
        assert_current(alice, new[results.index("done")], version=2)


def test_starting_over_while_the_password_is_changed_leaves_either_whole(crowd: Crowd) -> None:
    for number in range(ROUNDS):
        alice, old = newcomer(number)
        changed, renewed = Password(alice.person), Password(successor(alice.person))
        results = crowd.at_once(changing(alice, old, changed), starting_over(alice, renewed))
        if results == ["done", "bad_token"]:
            assert_current(alice, changed, version=1)
        else:
            assert results == ["wrong_password", "done"]
            assert_current(alice, renewed, version=2)


def test_no_message_goes_out_under_the_old_keys_of_somebody_who_has_started_over(crowd: Crowd) -> None:
    for number in range(ROUNDS):
        (alice, _old), bob = newcomer(number), enter(f"bob{number}")
        meet(alice, bob)
        Contact.objects.filter(owner=alice.id).update(pinned_identity=A_PIN)
        renewed = Password(successor(alice.person))
        message = sending(bob.person, bob.seal("In flight", to=alice))
        results = crowd.at_once(starting_over(alice, renewed), message)
        assert results[0] == "done"
        with pytest.raises(Refusal, match="key"):
            send(sender=bob.id, encoded=bob.seal("Too late", to=alice))
        assert Contact.objects.get(owner=alice.id).pinned_identity is None
        assert_current(alice, renewed, version=2)


def asking(browser: Browser, address: str, body: dict[str, object]) -> Deed:
    """The deed of posting this."""
    return lambda: browser.tell(address, body)


def test_who_signs_in_with_the_old_password_while_it_is_changed_is_not_signed_in_afterwards(
    crowd: Crowd,
) -> None:
    for number in range(ROUNDS):
        alice, old = newcomer(number)
        thief, new = Browser(), Password(alice.person)
        login: dict[str, object] = {"login": alice.username, "secret": old.secret}
        answer, changed = crowd.at_once(asking(thief, "/accounts/login/", login), changing(alice, old, new))
        assert changed == "done"
        assert answer.status in (200, 403)
        assert thief.ask("/keys/mine/").refusal == (401, "signed_out")
        assert not Session.objects.filter(user=alice.id).exists()
        cache.clear()


def test_a_second_click_neither_signs_out_nor_changes_anything(crowd: Crowd) -> None:
    for number in range(ROUNDS):
        alice, old = newcomer(number)
        alice.sign_in()
        new = Password(alice.person)
        second = Browser()
        second.cookies[settings.SESSION_COOKIE_NAME] = str(alice.browser.session.session_key)
        body = {"secret": old.secret, **new.to_json("new_secret")}
        clicks = [asking(each, "/accounts/password/", body) for each in (alice.browser, second)]
        answers: list[Answer] = crowd.at_once(*clicks)
        assert [answer.status for answer in answers] == [200, 200]
        assert new.is_stored()
        for browser in (alice.browser, second):
            assert browser.ask("/keys/mine/").status == 200
        cache.clear()
