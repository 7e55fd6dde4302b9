"""What others may want to know of accounts. Who listens is not known here."""

from django.dispatch import Signal

# Sessions have ended, by whatever verb; `handles` says which (uuid.UUID each).
sessions_ended = Signal()
