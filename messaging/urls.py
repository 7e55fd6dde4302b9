from django.urls import path

from messaging import account_views, report_views, views
from messaging.live.views import live

urlpatterns = [
    path("messages/", views.show_conversations, name="conversations"),
    path("messages/send/", views.send_message, name="send-message"),
    path("messages/<str:username>/", views.show_conversation, name="conversation"),
    path("messages/<str:username>/history/", views.history, name="history"),
    path("messages/<str:username>/read/", views.mark_read, name="mark-read"),
    path("messages/<str:username>/delete/", views.delete_conversation, name="delete-conversation"),
    path("contacts/<uuid:user_id>/report/", report_views.report_person, name="report"),
    path("live/received/", views.mark_received, name="mark-received"),
    path("live/typing/", views.tell_typing, name="tell-typing"),
    path("live/", live, name="live"),
    path("accounts/export/", account_views.export_account, name="export-account"),
    path("accounts/delete/", account_views.delete, name="delete-account"),
]
