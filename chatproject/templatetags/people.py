"""How a person is drawn: `{% load people %}`, for `accounts/_avatar.html`."""

import uuid

from django import template

register = template.Library()

HUES = 8


@register.filter
def hue(user_id: uuid.UUID | str) -> str:
    """The class of one of the avatars' colours (static/css/people.css), always the same for the same person."""
    return f"hue-{uuid.UUID(str(user_id)).int % HUES}"
