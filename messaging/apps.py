from django.apps import AppConfig


class MessagingConfig(AppConfig):
    name = "messaging"
    verbose_name = "conversations"

    def ready(self) -> None:
        from messaging import events
        from messaging.live import endings

        endings.connect()
        events.connect()
