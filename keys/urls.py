from django.urls import path

from keys import views

urlpatterns = [
    path("accounts/signup/", views.show_sign_up, name="sign-up"),
    path("accounts/password/", views.set_password, name="password"),
    path("accounts/recover/", views.show_recovery, name="recover"),
    path("accounts/recover/password/", views.recover_password, name="recover-password"),
    path("accounts/recover/mail/", views.mail_start_over_link, name="recover-mail"),
    path("accounts/recover/opened/", views.open_start_over, name="start-over-opened"),
    path("accounts/recover/start-over/", views.show_start_over, name="start-over"),
    path("keys/recovery/", views.renew_recovery_key, name="recovery-key"),
    path("keys/recovery/proved/", views.prove_recovery_key, name="recovery-key-proved"),
    path("keys/mine/", views.mine, name="my-keys"),
    path("keys/identity/", views.store_identity, name="identity"),
    path("keys/exchange/", views.exchange, name="exchange"),
]
