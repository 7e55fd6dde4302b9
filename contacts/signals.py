"""What others may want to know of contacts. Who listens is not known here."""

from django.dispatch import Signal

# How `owner` stands to `contact` has changed. Sent after it is stored.
standing_changed = Signal()
