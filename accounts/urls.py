from django.urls import path

from accounts import views

urlpatterns = [
    path("", views.home, name="home"),
    path("accounts/login/", views.sign_in, name="sign-in"),
    path("accounts/prelogin/", views.prelogin, name="prelogin"),
    path("accounts/logout/", views.sign_out, name="sign-out"),
    path("accounts/email/", views.email, name="email"),
    path("accounts/email/prove/", views.prove_email, name="prove-email"),
    path("accounts/settings/", views.show_settings, name="settings"),
    path("accounts/settings/discovery/", views.set_discovery, name="discovery"),
    path("accounts/settings/receipts/", views.set_receipts, name="receipts"),
    path("accounts/settings/typing/", views.set_typing, name="typing"),
    path("accounts/settings/lock/", views.set_lock, name="lock"),
    path("accounts/sessions/end/", views.end_session, name="end-session"),
    path("accounts/sessions/end-others/", views.end_other_sessions, name="end-other-sessions"),
    path("accounts/warning/dismiss/", views.dismiss_warning, name="dismiss-warning"),
    path("accounts/deleted/", views.show_deleted, name="account-deleted"),
    path("accounts/outbox/", views.show_outbox, name="outbox"),
]
