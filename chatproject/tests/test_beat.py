"""The clock of the background work: what the code schedules, and what an admin makes of it."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import OperationalError, connection
from django_celery_beat.models import IntervalSchedule, PeriodicTask

from accounts.models import User
from chatproject.beat import Scheduler
from chatproject.celery import app
from tests.cast import Browser, enter

# It begins by looking whether its connection is still good, which inside a transaction it never is.
pytestmark = pytest.mark.django_db(transaction=True)

NAME = "delete unused keys"


@pytest.fixture
def schedule() -> Iterator[dict[str, Any]]:
    """The schedule of the code; a test may change it."""
    kept = app.conf.beat_schedule
    app.conf.beat_schedule = {name: dict(entry) for name, entry in kept.items()}
    yield app.conf.beat_schedule
    app.conf.beat_schedule = kept


def start() -> Scheduler:
    """What beat does when it starts."""
    return Scheduler(app=app)


def row() -> PeriodicTask:
    return PeriodicTask.objects.get(name=NAME)


def every(scheduler: Scheduler) -> timedelta:
    """How often it would run the clean-up."""
    found: timedelta = scheduler.schedule[NAME].schedule.run_every
    return found


def change_in_admin(**changes: str) -> None:
    """What an admin does on the page of the periodic task."""
    admin = Browser()
    admin.force_login(User.objects.filter(is_staff=True).first() or enter_admin())
    page = f"/admin/django_celery_beat/periodictask/{row().pk}/change/"
    fields = admin.get(page).context["adminform"].form.initial
    form = {name: value for name, value in fields.items() if value not in (None, False, "")}
    choice = {
        "regtask": form["task"],
        "start_time_0": "",
        "start_time_1": "",
        "expires_0": "",
        "expires_1": "",
    }
    response = admin.post(page, {**form, **choice, **changes})
    assert response.status_code == 302, response.context["errors"]


def enter_admin() -> User:
    return enter("root", is_staff=True, is_superuser=True).user


def test_at_the_first_start_the_clean_up_is_scheduled_every_quarter_of_an_hour() -> None:
    assert every(start()) == timedelta(minutes=15)
    assert (row().task, row().enabled, row().expire_seconds) == ("keys.tasks.cleanup_keys", True, 900)


def test_the_task_is_one_that_a_worker_knows() -> None:
    start()
    app.loader.import_default_modules()
    assert row().task in app.tasks


def test_nothing_else_is_scheduled() -> None:
    start()
    names = PeriodicTask.objects.values_list("name", flat=True)
    assert set(names) == set(app.conf.beat_schedule)


def test_starting_again_makes_nothing_twice() -> None:
    start()
    made = (PeriodicTask.objects.count(), IntervalSchedule.objects.count())
    start()
    assert (PeriodicTask.objects.count(), IntervalSchedule.objects.count()) == made


def test_an_admins_retiming_survives_a_restart() -> None:
    start()
    hourly = IntervalSchedule.objects.create(every=1, period="hours")
    change_in_admin(interval=str(hourly.pk))
    assert every(start()) == timedelta(hours=1)


def test_another_kind_of_schedule_survives_too(schedule: dict[str, Any]) -> None:
    from django_celery_beat.models import CrontabSchedule

    start()
    nightly = CrontabSchedule.objects.create(minute="0", hour="*")
    change_in_admin(interval="", crontab=str(nightly.pk))
    start()
    assert (row().interval, row().crontab) == (None, nightly)


def test_an_admins_pause_survives_a_restart_and_so_does_its_end() -> None:
    start()
    change_in_admin(enabled="")
    assert NAME not in start().schedule
    change_in_admin(enabled="on")
    assert NAME in start().schedule


def test_what_the_code_changes_is_brought_up_to_date(schedule: dict[str, Any]) -> None:
    start()
    schedule[NAME] |= {"task": "keys.tasks.other", "options": {"expire_seconds": 60}, "kwargs": {"a": 1}}
    start()
    assert (row().task, row().expire_seconds, row().kwargs) == ("keys.tasks.other", 60, '{"a": 1}')
    assert every(start()) == timedelta(minutes=15)


def test_a_run_is_noted_in_the_database_before_it_begins() -> None:
    scheduler = start()
    scheduler.reserve(scheduler.schedule[NAME])
    assert (row().total_run_count, row().last_run_at is None) == (1, False)


def test_while_the_database_is_away_the_last_schedule_goes_on(caplog: pytest.LogCaptureFixture) -> None:
    scheduler = start()
    known = scheduler.schedule

    def fail(*_: object) -> None:
        raise OperationalError("the connection is lost")

    with connection.execute_wrapper(fail):
        assert scheduler.all_as_schedule().keys() == known.keys()
        with pytest.raises(OperationalError):
            start()
    assert "the last one known goes on" in caplog.text


def test_a_change_that_could_not_be_read_when_it_was_heard_of_is_read_at_the_next_look() -> None:
    scheduler = start()
    assert every(scheduler) == timedelta(minutes=15)
    hourly = IntervalSchedule.objects.create(every=1, period="hours")
    change_in_admin(interval=str(hourly.pk))

    def lose_the_tasks(execute: Any, sql: str, *rest: Any) -> Any:
        """The connection is lost between the look at what has changed and the look at the tasks."""
        if f'"{PeriodicTask._meta.db_table}"' in sql:
            raise OperationalError("the connection is lost")
        return execute(sql, *rest)

    with connection.execute_wrapper(lose_the_tasks):
        assert every(scheduler) == timedelta(minutes=15)
    assert every(scheduler) == timedelta(hours=1)


def test_every_task_of_the_schedule_is_one() -> None:
    app.loader.import_default_modules()
    for name, entry in app.conf.beat_schedule.items():
        assert entry["task"] in app.tasks, name
