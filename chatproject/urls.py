"""Every address of the program, app by app."""

from django.contrib import admin
from django.urls import include, path
from django.views.decorators.cache import never_cache
from django.views.generic import RedirectView, TemplateView

from accounts import views as accounts
from chatproject import health

# Staff sign in, sign out and set their password where everybody does: the admin's own forms would ask for the password itself.
admin_by_everybodys_way = [
    path("admin/login/", RedirectView.as_view(pattern_name="sign-in", query_string=True)),
    path("admin/logout/", accounts.sign_out),
    path("admin/password_change/", RedirectView.as_view(pattern_name="settings")),
]

handler500 = "chatproject.pages.server_error"

urlpatterns = [
    # Tried in this order: what is asked for most often stands first.
    *[path("", include(f"{app}.urls")) for app in ("messaging", "contacts", "keys", "accounts")],
    path(
        "security/",
        never_cache(TemplateView.as_view(template_name="chatproject/security.html")),
        name="security",
    ),
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    *admin_by_everybodys_way,
    path("admin/", admin.site.urls),
]
