"""How somebody gets a link for starting over: by mail to the proved address, or from an operator. Nobody learns who exists."""

import io
import re
import threading

import pytest
from django.core import mail
from django.core.management import CommandError, call_command

from accounts.models import User
from accounts.tasks import worker
from chatproject import limits
from tests.cast import Actor, Answer, Browser, deactivate, nothing_stored, statements

# The mail is written in another thread, which sees only what is stored.
pytestmark = pytest.mark.django_db(transaction=True)

ADDRESS = "alice@example.org"


@pytest.fixture
def proved(alice: Actor) -> Actor:
    """Alice, who has proved her address."""
    User.objects.update(email=ADDRESS, email_key=ADDRESS, email_proved_at="2026-01-01T00:00Z")
    return alice


def ask(login: object, browser: Browser | None = None) -> Answer:
    """Ask for a link; when this returns, the mail has been sent if there is one."""
    answer = (browser or Browser()).tell("/accounts/recover/mail/", {"login": login})
    worker.submit(int).result(30)
    return answer


def links() -> list[str]:
    return [link for sent in mail.outbox for link in re.findall(r"https?://\S+", str(sent.body))]


@pytest.mark.parametrize("login", ["alice", " ALICE ", "Alice@Example.org"])
def test_the_proved_address_gets_a_link_that_opens(proved: Actor, login: str) -> None:
    answer = ask(login)
    assert (answer.status, answer.body) == (200, {})
    (sent,) = mail.outbox
    assert sent.to == [ADDRESS]
    assert "1 hour" in sent.body
    (link,) = links()
    token = link.removeprefix("http://testserver/accounts/recover/start-over/#")
    assert Browser().tell("/accounts/recover/opened/", {"token": token}).body["username"] == "alice"


def test_whoever_cannot_get_one_gets_the_same_answer(proved: Actor, charlie: Actor) -> None:
    User.objects.filter(pk=charlie.id).update(email="charlie@example.org", email_key="charlie@example.org")
    with nothing_stored():
        answers = [ask(login) for login in ("alice", "charlie", "charlie@example.org", "nobody", "")]
        deactivate(proved)
        answers.append(ask("alice"))
        User.objects.update(is_active=True)
    assert {(answer.status, answer.response.content) for answer in answers} == {(200, b"{}")}
    assert len(mail.outbox) == 1


def test_a_hidden_address_is_no_name_to_ask_by_but_gets_the_mail(proved: Actor) -> None:
    User.objects.update(email_searchable=False)
    ask(ADDRESS)
    assert mail.outbox == []
    ask("alice")
    assert [sent.to for sent in mail.outbox] == [[ADDRESS]]


def test_the_answer_waits_for_nothing_that_tells_who_there_is(proved: Actor) -> None:
    answered = threading.Event()
    worker.submit(answered.wait, 30)
    with statements() as sent:
        assert Browser().tell("/accounts/recover/mail/", {"login": "alice"}).status == 200
    assert (sent, mail.outbox) == ([], [])
    answered.set()
    worker.submit(int).result(30)
    assert len(mail.outbox) == 1


def test_nobodys_mailbox_is_flooded(proved: Actor) -> None:
    for number in range(limits.RECOVERY_MAIL_PERSON.most + 2):
        assert ask("alice", Browser(REMOTE_ADDR=f"192.0.2.{number}")).status == 200
    assert len(mail.outbox) == limits.RECOVERY_MAIL_PERSON.most


def test_one_address_asks_twenty_times_an_hour_at_most(proved: Actor) -> None:
    for _time in range(limits.RECOVERY_MAIL_ADDRESS.most):
        assert ask("nobody").status == 200
    assert ask("alice").refusal == (429, "slow_down")
    assert mail.outbox == []


@pytest.mark.parametrize("login", [None, 7, "x" * 255, "a\0b"])
def test_what_is_no_login_is_refused(db: None, login: object) -> None:
    assert ask(login).refusal == (400, "bad_field")


def printed(username: str) -> str:
    out = io.StringIO()
    call_command("recovery_link", username, stdout=out)
    return out.getvalue()


def test_an_operator_prints_a_link_for_somebody_without_an_address(alice: Actor) -> None:
    link = printed("ALICE")
    address, _, token = link.rstrip("\n").partition("#")
    assert (address, link[-1]) == ("http://testserver/accounts/recover/start-over/", "\n")
    assert Browser().tell("/accounts/recover/opened/", {"token": token}).body["username"] == "alice"


def test_there_is_none_for_nobody_and_for_a_deactivated_account(alice: Actor) -> None:
    with pytest.raises(CommandError, match="There is nobody with the username carol"):
        printed("carol")
    deactivate(alice)
    with pytest.raises(CommandError, match="The account of alice is switched off"):
        printed("alice")
