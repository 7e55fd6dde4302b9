"""What others may want to know of accounts. Who listens is not known here."""

from django.dispatch import Signal

# All sessions of a person have ended; `user_id` says whose.
sessions_ended = Signal()
