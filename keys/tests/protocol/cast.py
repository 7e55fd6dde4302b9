"""Who the property tests are about, with one valid object of each kind."""

from accounts.passwords import KdfParameters
from keys.protocol.content import encode_text
from keys.protocol.envelope import Header, seal_message
from keys.protocol.exchange import make_exchange
from keys.protocol.objects import ZERO_HASH
from keys.protocol.pin import Seen, State, seal_pin
from keys.protocol.vector_makers.cast import (
    ALICE_1,
    ALICE_2,
    ALICE_ID,
    ALICE_SEEDS,
    BOB_1,
    BOB_ID,
    BOB_SEEDS,
)
from keys.protocol.wrapping import Purpose, wrap_seeds

KDF = KdfParameters.default(bytes(16))
KEY = b"k" * 32

EXCHANGE, AES_KEY = make_exchange(initiator=ALICE_1, recipient=BOB_1, signing_seed=ALICE_SEEDS.signing)
HEADER = Header(
    key_id=EXCHANGE.key_id,
    epoch=1,
    sender=ALICE_ID,
    receiver=BOB_ID,
    message_id=b"m" * 16,
    counter=2,
    previous=b"p" * 32,
    seen_counter=3,
    seen=b"s" * 32,
    time=4,
    lifetime=5,
)
FIRST_HEADER = HEADER._replace(counter=1, previous=ZERO_HASH, seen_counter=0, seen=ZERO_HASH)
ENVELOPE = seal_message(aes_key=AES_KEY, header=HEADER, content=encode_text("hello"))
WRAPPED = wrap_seeds(purpose=Purpose.PASSWORD, key=KEY, seeds=ALICE_SEEDS, bundle=ALICE_1, kdf=KDF)
SEEN = Seen(1, BOB_1.hash, BOB_1.fingerprint, State.VERIFIED, time=1)
PIN = seal_pin(account_key=KEY, owner=ALICE_ID, contact=BOB_ID, seen=SEEN)

__all__ = [
    "AES_KEY",
    "ALICE_1",
    "ALICE_2",
    "ALICE_ID",
    "ALICE_SEEDS",
    "BOB_1",
    "BOB_ID",
    "BOB_SEEDS",
    "ENVELOPE",
    "EXCHANGE",
    "FIRST_HEADER",
    "HEADER",
    "KDF",
    "KEY",
    "PIN",
    "SEEN",
    "WRAPPED",
]
