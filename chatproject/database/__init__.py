"""Django's PostgreSQL back end with less talk: settings.DATABASES names it, and Django finds it in `base`."""
