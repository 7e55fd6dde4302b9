from django.urls import path

from contacts import views

urlpatterns = [
    path("contacts/", views.show_contacts, name="contacts"),
    path("contacts/search/", views.search, name="search"),
    path("contacts/<str:username>/", views.show_contact, name="contact"),
    path("contacts/<uuid:user_id>/accept/", views.accept_contact, name="accept-contact"),
    path("contacts/<uuid:user_id>/block/", views.block_person, name="block"),
    path("contacts/<uuid:user_id>/unblock/", views.unblock_person, name="unblock"),
    path("contacts/<uuid:user_id>/remove/", views.remove_contact, name="remove-contact"),
    path("contacts/<uuid:user_id>/pin/", views.pin_contact, name="pin-contact"),
]
