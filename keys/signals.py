"""What others may want to know of keys. Who listens is not known here."""

from django.dispatch import Signal

# Somebody (`user_id`) has a new identity, and nothing of the old one. Sent inside the transaction that stores it.
started_over = Signal()
