"""A reader with a password, and conversations of any length: epochs, kinds and times as in real life, really sealed."""

import random
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from django.db import connection, transaction

from bench.errors import BenchError
from contacts.keeping import accept
from keys.exchange import begin
from keys.protocol.content import Author, Content, Deletion, Edit, Reaction, Reply, Text
from keys.protocol.envelope import envelope_hash
from keys.protocol.exchange import Exchange
from messaging.demo import WORDS, keep_pin
from messaging.marks import mark_read
from messaging.models import Conversation
from messaging.scripted import Line, ScriptedPerson
from messaging.sending import send

READER = "reader"
PASSWORD = "plum-garnet-willow-otter-42"  # noqa: S105 (of nobody: the database is removed with the bench)
# What ends an epoch: protocol.md, *Epochs*. So a week has a thousand messages.
EPOCH = 1000
MINUTE = 60_000
BETWEEN = 10 * MINUTE
# Of a hundred messages so many are...
REPLIES, REACTIONS, EDITS, DELETIONS = 6, 6, 3, 1
# A target is one of so many messages before.
NEAR = 30


@dataclass(frozen=True)
class Dialogue:
    """A conversation: with whom, how many messages, and what the newest one says."""

    peer: str
    messages: int
    newest: str


def make_dialogues(lengths: Sequence[int]) -> list[Dialogue]:
    """The reader, and one conversation of each length. The tables' statistics are up to date then."""
    reader = ScriptedPerson.new(READER)
    reader.sign_up(PASSWORD)
    made = [make_dialogue(reader, length) for length in lengths]
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
    return made


def make_dialogue(reader: ScriptedPerson, length: int) -> Dialogue:
    """A conversation of this length, read to its end, with pins on both sides."""
    peer = ScriptedPerson.new(f"peer_{length}")
    peer.enter()
    with transaction.atomic():
        talk = Talk(reader, peer, length)
        for number in range(1, length + 1):
            talk.go_on(number)
        talk.date()
        accept(owner=reader.user_id, contact=peer.user_id)
        keep_pin(reader, peer)
        keep_pin(peer, reader)
    for one, other in ((reader, peer), (peer, reader)):
        mark_read(reader=one.user_id, peer=other.user_id, seq=length)
    return Dialogue(peer.username, length, talk.newest)


class Talk:
    """Two people who write to each other, until a moment ago."""

    def __init__(self, reader: ScriptedPerson, peer: ScriptedPerson, length: int) -> None:
        self.reader, self.peer, self.length = reader, peer, length
        self.began = int(time.time() * 1000) - length * BETWEEN
        self.chance = random.Random(length)
        self.exchange: Exchange | None = None
        self.targets: list[tuple[ScriptedPerson, bytes]] = []
        self.newest = ""

    def go_on(self, number: int) -> None:
        """Message number `number`, in a new epoch when it is time."""
        if (number - 1) % EPOCH == 0:
            self.begin_epoch()
        assert self.exchange
        writer, other = self.sides()
        message_id = self.chance.randbytes(16)
        content = self.content(number, writer)
        envelope = writer.write(
            content,
            to=other.user_id.bytes,
            key_id=self.exchange.key_id,
            message_id=message_id,
            at=self.began + number * BETWEEN,
        )
        sent = send(sender=writer.user_id, encoded=envelope)
        if not sent.stored or sent.seq != number:
            raise BenchError(f"Message {number} was not stored in its place.")
        line = other.lines.setdefault(writer.user_id.bytes, Line())
        line.seen_counter, line.seen = writer.lines[other.user_id.bytes].counter, envelope_hash(envelope)
        if isinstance(content, (Text, Reply)):
            self.targets = [*self.targets[1 - NEAR :], (writer, message_id)]

    def begin_epoch(self) -> None:
        """The peer exchanges the next key, and the reader opens it."""
        self.exchange = self.peer.offer(self.reader.bundle, after=self.exchange)
        key = begin(initiator=self.peer.user_id, encoded=self.exchange.encoded).key
        self.reader.open_key(key)

    def sides(self) -> tuple[ScriptedPerson, ScriptedPerson]:
        """Who writes next, and to whom; the first message is the peer's."""
        mine = bool(self.targets) and self.chance.random() < 0.5
        return (self.reader, self.peer) if mine else (self.peer, self.reader)

    def content(self, number: int, writer: ScriptedPerson) -> Content:
        """What is said: mostly text, and the last one is."""
        text = self.text(number)
        target = self.chance.choice(self.targets) if self.targets else None
        chance = self.chance.randrange(100)
        if target is None or number == self.length:
            self.newest = text
            return Text(text)
        author = Author.SENDER if target[0] is writer else Author.RECEIVER
        if chance < REPLIES:
            return Reply(target[1], author, text)
        if (chance := chance - REPLIES) < REACTIONS:
            return Reaction(target[1], author, self.chance.choice("👍😂🙏"))
        if author is Author.SENDER and (chance := chance - REACTIONS) < EDITS + DELETIONS:
            return Edit(target[1], text) if chance < EDITS else Deletion(target[1])
        return Text(text)

    def text(self, number: int) -> str:
        """Some words, rarely many, with the number in them."""
        count = self.chance.choice((2, 3, 5, 8, 8, 13, 21, 50))
        return " ".join([*self.chance.choices(WORDS.split(), k=count), f"({number})"])

    def date(self) -> None:
        """Has the server have taken each message when its writer's clock said so."""
        pair = Conversation.objects.between(self.reader.user_id, self.peer.user_id).get()
        begun = datetime.fromtimestamp(self.began / 1000, UTC)
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE messages SET created_at = %s + seq * %s * interval '1 millisecond' WHERE conversation_id = %s",
                [begun, BETWEEN, pair.pk],
            )
