"""Erasing people by hand: the admin's action on People, and `manage.py erase_person`."""

import io
import re

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission
from django.core.management import CommandError, call_command

from accounts.models import Session, User
from keys.models import CleanupRun
from tests.cast import Actor, contents, enter, nothing_stored

pytestmark = pytest.mark.django_db

PEOPLE = "/admin/accounts/user/"


@pytest.fixture
def staff(alice: Actor) -> Actor:
    """Alice, who may do everything."""
    User.objects.filter(pk=alice.id).update(is_staff=True, is_superuser=True)
    alice.sign_in()
    return alice


def choose(actor: Actor, *people: Actor, **confirmed: str) -> str:
    """Choose people and the action; the page that comes, or the one that it leads to."""
    chosen = [str(person.id) for person in people]
    form = {"action": "erase_people", "_selected_action": chosen, **confirmed}
    return actor.browser.post(PEOPLE, form, follow=True).content.decode()


def erased() -> int:
    return User.objects.filter(erased_at__isnull=False).count()


def test_it_asks_first_and_says_what_it_means(staff: Actor, bob: Actor, charlie: Actor) -> None:
    with nothing_stored():
        page = choose(staff, bob, charlie)
    assert "<li>bob</li><li>charlie</li>" in page
    assert "What they wrote stays with those they wrote to" in page
    assert page.count('name="_selected_action"') == 2


def test_confirmed_they_are_erased_and_their_names_stand_nowhere(
    staff: Actor, bob: Actor, charlie: Actor
) -> None:
    choose(staff, bob, charlie, confirmed="yes")
    assert erased() == 2
    assert not re.search(r"\bbob\b", staff.browser.get(PEOPLE).content.decode())
    entries = LogEntry.objects.values_list("object_repr", "change_message")
    assert sorted(entries) == sorted((actor.user.username, "Erased.") for actor in (bob, charlie))


def test_nobody_erases_themselves(staff: Actor, bob: Actor) -> None:
    page = choose(staff, staff, bob, confirmed="yes")
    assert "Nobody erases themselves here. Nobody was erased." in page
    assert erased() == 0


def test_a_superuser_is_erased_by_a_superuser_alone(staff: Actor, charlie: Actor) -> None:
    helper = enter("helper", is_staff=True)
    rights = Permission.objects.filter(codename__in=["view_user", "change_user", "delete_user"])
    helper.user.user_permissions.set(rights)
    assert "Only a superuser erases a superuser." in choose(helper, staff, confirmed="yes")
    assert erased() == 0
    choose(helper, charlie, confirmed="yes")
    assert charlie.user.erased_at is not None
    second = enter("second", is_staff=True, is_superuser=True)
    choose(staff, second, confirmed="yes")
    assert second.user.erased_at is not None


def test_who_may_not_delete_people_may_not_erase_them(staff: Actor, charlie: Actor) -> None:
    helper = enter("helper", is_staff=True)
    helper.user.user_permissions.set(Permission.objects.filter(codename__in=["view_user", "change_user"]))
    assert "erase_people" not in helper.browser.get(PEOPLE).content.decode()
    choose(helper, charlie, confirmed="yes")
    assert erased() == 0


def test_who_is_erased_already_is_not_asked_about(staff: Actor, charlie: Actor) -> None:
    choose(staff, charlie, confirmed="yes")
    before = contents()["users"]
    assert "They are erased already." in choose(staff, charlie, confirmed="yes")
    assert contents()["users"] == before


def test_somebody_erased_can_be_looked_at_and_not_brought_back(staff: Actor, charlie: Actor) -> None:
    choose(staff, charlie, confirmed="yes")
    page = f"{PEOPLE}{charlie.id}/change/"
    assert staff.browser.get(page).status_code == 200
    with nothing_stored():
        assert staff.browser.post(page, {"is_active": "on"}).status_code == 403


def test_the_list_can_leave_out_those_who_are_erased(staff: Actor, charlie: Actor) -> None:
    choose(staff, charlie, confirmed="yes")
    page = staff.browser.get(PEOPLE, {"erased_at__isempty": "1"}).content.decode()
    assert "deleted account" not in page


def test_who_began_a_clean_up_is_forgotten_too(staff: Actor) -> None:
    second = enter("second", is_staff=True, is_superuser=True)
    CleanupRun.objects.create(begun_by="second (admin)", older_than="1 day")
    CleanupRun.objects.create(begun_by="beat", older_than="1 day")
    choose(staff, second, confirmed="yes")
    begun_by = CleanupRun.objects.values_list("begun_by", flat=True)
    assert sorted(begun_by) == ["beat", f"{second.user.username} (admin)"]


def run(username: str, **options: bool) -> str:
    """Run the command; what it printed."""
    printed = io.StringIO()
    call_command("erase_person", username, stdout=printed, **options)
    return printed.getvalue()


def test_the_command_says_what_it_means_and_wants_the_name_once_more(
    bob: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    bob.sign_in()
    monkeypatch.setattr("sys.stdin", io.StringIO("bob\n"))
    printed = run("BOB")
    assert "stays with them" in printed
    assert printed.endswith("bob is erased.\n")
    assert bob.user.erased_at is not None
    assert not Session.objects.filter(user=bob.id).exists()


@pytest.mark.parametrize("typed", ["alice\n", "\n", ""])
def test_another_name_or_none_erases_nobody(bob: Actor, monkeypatch: pytest.MonkeyPatch, typed: str) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(typed))
    with nothing_stored(), pytest.raises(CommandError, match="That is not the name"):
        run("bob")


def test_a_script_need_not_type(bob: Actor) -> None:
    assert run("bob", no_input=True) == "bob is erased.\n"


def test_the_command_erases_nobody_whom_there_is_not(bob: Actor) -> None:
    with nothing_stored(), pytest.raises(CommandError, match="There is nobody with the username carol"):
        run("carol", no_input=True)
