from django.urls import path

from keys import views

urlpatterns = [
    path("accounts/signup/", views.show_sign_up, name="sign-up"),
    path("keys/mine/", views.mine, name="my-keys"),
    path("keys/identity/", views.store_identity, name="identity"),
    path("keys/exchange/", views.exchange, name="exchange"),
]
