"""What the server itself knows of messages that a report reveals: that they are there, whose they are, and since when.

It cannot say what they say: that is sealed, and nobody can prove it to a third person (docs/threat-model.md).
"""

import uuid
from collections.abc import Mapping

from accounts.wire import milliseconds
from chatproject.refusals import Refusal
from contacts.reporting import Revealed
from messaging import reading


def revealed(*, reporter: uuid.UUID, reported: uuid.UUID, texts: Mapping[int, str]) -> list[Revealed]:
    """These messages of the two, by number, each with the text that the reporter's browser shows, oldest first.

    Raises Refusal: `bad_field`, if one of them is none that the reporter may read: of somebody else's, withheld, deleted.
    """
    conversation = reading.conversation_of(reporter, reported)
    found = list(reading.numbered(conversation, texts)) if conversation and texts else []
    if len(found) != len(texts):
        message = "One of these messages is not here any more. Open the report anew, and tick those to show."
        raise Refusal("bad_field", message, field="revealed")
    return [
        Revealed(message.sender_id == reporter, milliseconds(message.created_at), texts[message.seq])
        for message in found
    ]
