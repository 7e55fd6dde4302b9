from django.apps import AppConfig


class ContactsConfig(AppConfig):
    name = "contacts"
    verbose_name = "contacts"

    def ready(self) -> None:
        from contacts import keeping

        keeping.connect()
