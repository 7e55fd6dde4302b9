"""Icons drawn in the page itself, where there may be many: `{% load icons %}`, for what stands in every message and every row.

A `<use>` of the sprite is looked for anew wherever it stands, shown or not, and copied into a tree of its own.
"""

import re
from functools import cache

from django import template
from django.utils.safestring import SafeString, mark_safe

from chatproject import static

register = template.Library()

_SYMBOL = re.compile(r'<symbol id="([^"]+)" viewBox="0 0 24 24">(.+?)</symbol>')


@cache
def _drawings() -> dict[str, SafeString]:
    sprite = static.sources()["icons/sprite.svg"].read_text()
    return {name: mark_safe(shapes) for name, shapes in _SYMBOL.findall(sprite)}  # noqa: S308 (of our own file)


@register.simple_tag
def drawing(name: str) -> SafeString:
    """The shapes of an icon of the sprite, for an `svg` with the `viewBox` 0 0 24 24; KeyError for an unknown name."""
    return _drawings()[name]
