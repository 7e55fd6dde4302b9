"""How a person is drawn."""

import re
import uuid
from pathlib import Path

from django.conf import settings
from django.template.loader import render_to_string

from chatproject.templatetags.people import HUES, hue


def test_a_person_has_the_same_hue_everywhere() -> None:
    person = uuid.UUID(int=0xABCDEF)
    assert hue(person) == hue(str(person))
    drawn = render_to_string("accounts/_avatar.html", {"id": person, "name": "bob"})
    assert f'class="avatar {hue(person)}"' in drawn
    assert ">b</span>" in drawn


def test_every_hue_has_a_colour() -> None:
    css = Path(settings.BASE_DIR, "static", "css", "people.css").read_text(encoding="utf-8")
    known = {f"hue-{number}" for number in range(HUES)}
    assert {hue(uuid.UUID(int=number)) for number in range(2 * HUES)} == known
    assert set(re.findall(r"\.(hue-\d+)", css)) == known
