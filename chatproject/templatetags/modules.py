"""Template tags for JavaScript modules.

`{% load modules %}`, then once `{% modules %}{% module_script "js/pages/login.js" %}{% endmodules %}`, with all of the page.
"""

from django import template
from django.template import Context
from django.templatetags.static import static as static_url
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from chatproject import modules, static

register = template.Library()

# Under it, a rendering keeps which modules it runs and has linked.
KEPT = "modules"


def _kept(context: Context) -> dict[str, None]:
    kept: dict[str, None] = context.render_context.setdefault(KEPT, {})  # type: ignore[assignment,arg-type]
    return kept


@register.simple_block_tag(takes_context=True, name="modules")
def page_modules(context: Context, content: SafeString) -> SafeString:
    """All of a page's `module_script`s, after their import map: the packages' names, and what every module must be."""
    if not (names := frozenset(_kept(context))):
        return content
    # JSON of our own file names, with "<" escaped.
    body = mark_safe(modules.import_map(static_url, names))  # noqa: S308
    nonce = context["csp_nonce"]
    return format_html('<script type="importmap" nonce="{}">{}</script>{}', nonce, body, content)


@register.simple_tag(takes_context=True)
def module_script(context: Context, name: str) -> SafeString:
    """The script element that runs the module `name`, and links that fetch all it imports; an error if there is no such module.

    What an earlier module of the page has linked is not linked again.
    """
    kept = _kept(context)
    new = tuple(module for module in modules.graph(name) if module not in kept)
    kept.update(dict.fromkeys((name, *new)))
    return format_html(
        '<script type="module" src="{}" nonce="{}" integrity="{}" crossorigin="anonymous"></script>{}',
        static_url(name),
        context["csp_nonce"],
        static.integrity(name),
        modules.preloads(static_url, new, context["csp_nonce"]),
    )


@register.simple_tag
def integrity(name: str) -> str:
    """The digest of a file that a script fetches; an error if there is no such file."""
    return static.integrity_of_data(name)
