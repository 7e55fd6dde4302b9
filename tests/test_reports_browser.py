"""Reports and what admins do about them, in real browsers."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Browser, Locator, expect

from accounts.models import User
from contacts.models import Block, Report
from contacts.moderation import Decision, Kind, moderate, state_of
from messaging.marks import mark_read
from messaging.models import Message
from messaging.reading import WINDOWFUL
from tests.browsing import Person, arrive
from tests.cast import Actor
from tests.hostile import Visitor
from tests.servers import Site

pytestmark = pytest.mark.browser

OLDER = "**/history/?before=*"


def press(person: Person | Visitor, name: str) -> None:
    person.page.get_by_role("button", name=name, exact=True).click()


def admin_at(chrome: Browser, site: Site, path: str) -> Person:
    """A superuser without keys, who signs in on the way to a page of the admin."""
    admin = arrive(chrome, site.url, "root")
    User.objects.create_superuser("root", "", admin.password)
    admin.page.goto(path)
    admin.page.get_by_label("Username or e-mail").fill("root")
    admin.page.get_by_label("Password").fill(admin.password)
    press(admin, "Sign in")
    admin.page.get_by_role("link", name="Go on to the administration without them").click()
    return admin


def looks_at_the_newest_of_many(visitor: Visitor) -> Actor:
    """Bob has written more than the page holds; until `OLDER` is let through, no more of it comes."""
    fill = [f"and {number}" for number in range(60)]
    bob = visitor.gets_written_by("bob", "hello", "buy this", *fill, "a secret", "<b>last offer</b>")
    mark_read(reader=visitor.actor.id, peer=bob.id, seq=Message.objects.count())
    # What stands a little above what is seen would be loaded at once.
    visitor.page.route(OLDER, lambda route: route.abort())
    visitor.opens("bob")
    return bob


def tick_two_of_many(dialog: Locator) -> None:
    """Choose one of the newest messages and one of those that are not on the page; what was ticked stays so."""
    expect(dialog.get_by_role("listitem")).to_have_count(WINDOWFUL)
    dialog.get_by_role("checkbox", name="<b>last offer</b>").check()
    dialog.get_by_role("button", name="Show older messages").click()
    dialog.get_by_role("checkbox", name="buy this").check()
    expect(dialog.get_by_role("listitem")).to_have_count(64)
    expect(dialog.get_by_role("button", name="Show older messages")).to_be_hidden()
    expect(dialog.get_by_role("checkbox", name="<b>last offer</b>")).to_be_checked()


def test_from_the_banner_the_admin_gets_exactly_the_messages_that_were_ticked(
    site: Site, chrome: Browser
) -> None:
    visitor = Visitor(chrome, site.url)
    bob = looks_at_the_newest_of_many(visitor)
    press(visitor, "Report")
    dialog = visitor.page.get_by_role("dialog", name="Report bob")
    expect(dialog).to_contain_text("bob is not told")
    press(visitor, "Send report")
    expect(dialog.get_by_role("alert")).to_have_text("Choose what it is about.")
    dialog.get_by_label("Spam").check()
    dialog.get_by_label("What should they know?").fill("Every day the same.")
    visitor.page.unroute(OLDER)
    tick_two_of_many(dialog)
    dialog.get_by_label("Block bob too").check()
    press(visitor, "Send report")
    expect(dialog.get_by_role("status")).to_contain_text("Your report was sent.")
    press(visitor, "Close")
    assert Block.objects.filter(blocked=bob.id).count() == 1
    row = Report.objects.get()
    assert [message["text"] for message in row.revealed] == ["buy this", "<b>last offer</b>"]
    admin = admin_at(chrome, site, f"/admin/contacts/report/{row.pk}/change/")
    shown = admin.page.locator("#content")
    expect(shown.locator(".revealed-text")).to_have_text(["buy this", "<b>last offer</b>"])
    expect(shown).to_contain_text("Every day the same.")
    expect(shown).not_to_contain_text("a secret")
    expect(shown).to_contain_text("What they say nobody has checked")
    admin.page.get_by_role("link", name="Suspend bob…").click()
    admin.page.get_by_label("Note, for the records").fill("third time")
    admin.page.get_by_role("button", name="Suspend bob").click()
    expect(shown.locator(".trail")).to_contain_text(re.compile(r"suspended\s+root\s+third time"))
    assert bob.user.suspended_at is not None


def reports_a_stranger(visitor: Visitor) -> None:
    """Nothing was ever written between the two, and there is nothing to show."""
    stranger = visitor.meets("the-admin")
    visitor.page.goto("/contacts/the-admin/")
    press(visitor, "Report")
    dialog = visitor.page.get_by_role("dialog", name="Report the-admin")
    expect(dialog).to_contain_text("There are no messages here to show. You can report the-admin without.")
    dialog.get_by_label("Something else").check()
    dialog.get_by_label("What should they know?").fill("This is not our admin.")
    press(visitor, "Send report")
    expect(dialog.get_by_role("status")).to_contain_text("Your report was sent.")
    report = Report.objects.get(reported=stranger.id)
    assert (report.comment, report.revealed) == ("This is not our admin.", [])


def is_told_of_a_suspension(visitor: Visitor, decide: Callable[[Kind], None]) -> None:
    """Alice is suspended while she writes to Bob; what she typed goes out once that is lifted."""
    page = visitor.page
    # The page is not told by the stream, whose end another process would have to hear of.
    page.route(
        "**/live/", lambda route: route.abort() if route.request.method == "GET" else route.continue_()
    )
    visitor.opens("bob")
    visitor.answers("bob", "hello bob")
    decide(Kind.SUSPEND)
    visitor.person.write("what was typed")
    suspended = page.get_by_role("alert").filter(has_text="The account that was signed in here is suspended.")
    expect(suspended).to_be_visible()
    expect(page.locator("#login-reason")).to_be_hidden()
    page.goto("/messages/bob/")
    expect(suspended).to_be_visible()
    decide(Kind.LIFT)
    visitor.person.sign_in()
    expect(suspended).to_have_count(0)
    visitor.opens("bob")
    expect(visitor.articles).to_have_count(3)
    expect(visitor.articles.last.locator(".bubble-state")).to_have_text("sent")
    assert Message.objects.count() == 3


def test_a_warning_stands_on_top_until_it_is_put_away_and_a_suspension_is_told_and_loses_nothing(
    site: Site, chrome: Browser
) -> None:
    visitor = Visitor(chrome, site.url)
    bob: Actor = visitor.gets_written_by("bob", "hello")
    report = Report.objects.create(reporter_id=bob.id, reported=visitor.actor.user, reason="other")

    def decide(kind: Kind, told: str = "") -> None:
        report.refresh_from_db()
        moderate(report_id=report.pk, decision=Decision(kind, bob.user, state_of(report), told))

    reports_a_stranger(visitor)
    decide(Kind.WARN, "Be <kind>.")
    page = visitor.page
    warning = page.get_by_role("region", name="From whoever runs this Sotto")
    for address in ("/contacts/", "/messages/bob/"):
        page.goto(address)
        expect(warning).to_contain_text("Be <kind>.")
    expect(visitor.articles).to_have_count(1)
    press(visitor, "I have read this")
    expect(warning).to_have_count(0)
    page.goto("/messages/")
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    expect(warning).to_have_count(0)
    is_told_of_a_suspension(visitor, decide)
