"""Template tags for JavaScript modules.

`{% load modules %}`, then `{% import_map %}` once, before every `{% module_script "js/pages/login.js" %}`.
"""

from django import template
from django.template import Context
from django.templatetags.static import static as static_url
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from chatproject import modules, static

register = template.Library()

# Under it, a rendering keeps which modules it has linked.
LINKED = "linked modules"


@register.simple_tag(takes_context=True)
def import_map(context: Context) -> SafeString:
    """The import map: the packages' names, and the digest of every module. A page has one, before its first module."""
    # JSON of our own file names, with "<" escaped.
    body = mark_safe(static.import_map(static_url))  # noqa: S308
    return format_html('<script type="importmap" nonce="{}">{}</script>', context["csp_nonce"], body)


@register.simple_tag(takes_context=True)
def module_script(context: Context, name: str) -> SafeString:
    """The script element that runs the module `name`, and links that fetch all it imports; an error if there is no such module.

    What an earlier module of the page has linked is not linked again.
    """
    linked: set[str] = context.render_context.setdefault(LINKED, set())  # type: ignore[assignment,arg-type]
    new = tuple(module for module in modules.graph(name) if module not in linked)
    linked.update(new)
    return format_html(
        '<script type="module" src="{}" nonce="{}" integrity="{}" crossorigin="anonymous"></script>{}',
        static_url(name),
        context["csp_nonce"],
        static.integrity(name),
        modules.preloads(static_url, new),
    )


@register.simple_tag
def integrity(name: str) -> str:
    """The digest of a file that a script fetches; an error if there is no such file."""
    return static.integrity_of_data(name)
