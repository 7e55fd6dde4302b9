"""What one side makes, the other reads."""

from hypothesis import given, settings
from hypothesis import strategies as st

from keys.protocol.content import (
    BUCKETS,
    MAX_CONTENT_BYTES,
    MAX_LIFETIME,
    Text,
    decode_content,
    encode_text,
    pad,
    unpad,
)
from keys.protocol.envelope import MAX_TIME, Header, open_message, parse_envelope, seal_message
from keys.protocol.exchange import make_exchange, open_exchange, parse_exchange
from keys.protocol.identity import Bundle, Seeds, check_succession, make_bundle, parse_bundle
from keys.protocol.objects import ZERO_HASH
from keys.protocol.pin import Seen, State, open_pin, seal_pin
from keys.protocol.recovery import format_recovery_key, parse_recovery_key
from keys.protocol.wrapping import Purpose, parse_wrapped, unwrap_seeds, wrap_seeds
from keys.tests.protocol.cast import ALICE_1, BOB_1, BOB_ID, BOB_SEEDS, KDF

U32 = st.integers(0, 2**32 - 1)
U64 = st.integers(0, 2**53 - 1)
TIMES = st.integers(0, MAX_TIME)
LIFETIMES = st.integers(0, MAX_LIFETIME)
ids = st.binary(min_size=16, max_size=16)
secrets = st.binary(min_size=32, max_size=32)
hashes = secrets.filter(lambda value: value != ZERO_HASH)
chains = st.one_of(st.just((1, ZERO_HASH)), st.tuples(st.integers(2, 2**53 - 1), hashes))
sights = st.one_of(st.just((0, ZERO_HASH)), st.tuples(st.integers(1, 2**53 - 1), hashes))
all_seeds = st.builds(Seeds, secrets, secrets)
texts = st.text(st.characters(exclude_categories=["Cs"]), min_size=1)


@st.composite
def headers(draw: st.DrawFn) -> Header:
    """Any header that an envelope may have."""
    sender, receiver = draw(st.lists(ids, min_size=2, max_size=2, unique=True))
    counter, previous = draw(chains)
    seen_counter, seen = draw(sights)
    epoch = draw(st.integers(1, 2**32 - 1))
    chain = (counter, previous, seen_counter, seen)
    return Header(draw(ids), epoch, sender, receiver, draw(ids), *chain, draw(TIMES), draw(LIFETIMES))


@st.composite
def bundles(draw: st.DrawFn, user_ids: st.SearchStrategy[bytes] = ids) -> tuple[Bundle, Seeds]:
    """Any first bundle, and its seeds."""
    seeds = draw(all_seeds)
    name = draw(texts.filter(lambda text: len(text.encode()) <= 256))
    return make_bundle(user_id=draw(user_ids), username=name, seeds=seeds), seeds


@given(bundles())
def test_a_bundle_reads_as_it_was_made(made: tuple[Bundle, Seeds]) -> None:
    bundle, seeds = made
    assert parse_bundle(bundle.encoded) == bundle
    assert bundle.keys == seeds.public_keys()


@given(bundles(), texts.filter(lambda text: len(text.encode()) <= 256))
def test_a_renaming_follows(made: tuple[Bundle, Seeds], name: str) -> None:
    before, seeds = made
    renamed = make_bundle(
        user_id=before.user_id, username=name, seeds=seeds, version=2, previous=before.hash,
        old_signing_seed=seeds.signing,
    )  # fmt: skip
    check_succession(before, parse_bundle(renamed.encoded))
    assert renamed.fingerprint == before.fingerprint


@given(bundles(), all_seeds, st.booleans())
def test_new_keys_follow(made: tuple[Bundle, Seeds], fresh: Seeds, at_hand: bool) -> None:
    before, old = made
    after = make_bundle(
        user_id=before.user_id,
        username=before.username,
        seeds=fresh,
        version=2,
        generation=1 + (fresh != old),
        previous=before.hash,
        old_signing_seed=old.signing if at_hand else None,
    )
    check_succession(before, after)


@given(bundles(), secrets)
def test_wrapped_seeds_come_out(made: tuple[Bundle, Seeds], key: bytes) -> None:
    bundle, seeds = made
    for purpose, kdf in ((Purpose.PASSWORD, KDF), (Purpose.RECOVERY, None)):
        wrapped = wrap_seeds(purpose=purpose, key=key, seeds=seeds, bundle=bundle, kdf=kdf)
        assert unwrap_seeds(purpose=purpose, key=key, wrapped=wrapped, bundle=bundle, kdf=kdf) == seeds


@given(secrets)
def test_a_recovery_key_reads_as_it_was_written(key: bytes) -> None:
    text = format_recovery_key(key)
    assert [len(group) for group in text.split("-")] == [4] * 14
    assert parse_recovery_key(text) == parse_recovery_key(text.lower().replace("-", " ")) == key


@settings(max_examples=50)
@given(bundles(ids.filter(lambda user_id: user_id != BOB_ID)), st.integers(1, 2**32 - 1), hashes)
def test_an_exchange_opens_for_both(made: tuple[Bundle, Seeds], epoch: int, previous: bytes) -> None:
    alice, seeds = made
    exchange, aes_key = make_exchange(
        initiator=alice,
        recipient=BOB_1,
        signing_seed=seeds.signing,
        epoch=epoch,
        previous=ZERO_HASH if epoch == 1 else previous,
    )
    read = parse_exchange(exchange.encoded)
    assert read == exchange
    for me, seed in ((alice.user_id, seeds.sealing), (BOB_ID, BOB_SEEDS.sealing)):
        assert open_exchange(read, initiator=alice, recipient=BOB_1, me=me, sealing_seed=seed) == aes_key


@given(secrets, headers(), texts)
def test_a_message_opens(aes_key: bytes, header: Header, text: str) -> None:
    sealed = seal_message(aes_key=aes_key, header=header, content=encode_text(text))
    envelope = parse_envelope(sealed)
    assert envelope.header == header
    assert decode_content(open_message(aes_key=aes_key, envelope=envelope)) == Text(text)


@given(st.integers(0, MAX_CONTENT_BYTES))
def test_padding_is_the_smallest_that_fits(length: int) -> None:
    padded = pad(b"\xff" * length)
    assert len(padded) == min(size for size in BUCKETS if size >= length + 4)
    assert unpad(padded) == b"\xff" * length


@given(secrets, headers(), st.integers(0, MAX_CONTENT_BYTES))
def test_a_size_tells_which_bucket_and_nothing_else(aes_key: bytes, header: Header, length: int) -> None:
    sealed = seal_message(aes_key=aes_key, header=header, content=b"\xff" * length)
    assert len(sealed) == 178 + min(size for size in BUCKETS if size >= length + 4) + 16 + 32


@given(
    secrets,
    ids,
    ids,
    st.builds(Seen, st.integers(1, 2**32 - 1), secrets, secrets, st.sampled_from(State), U64),
)
def test_a_pin_opens(key: bytes, owner: bytes, contact: bytes, seen: Seen) -> None:
    pin = seal_pin(account_key=key, owner=owner, contact=contact, seen=seen)
    assert open_pin(account_key=key, owner=owner, contact=contact, pin=pin) == seen


def test_nothing_is_sealed_twice_under_one_nonce() -> None:
    header = Header(b"k" * 16, 1, b"s" * 16, b"r" * 16, b"m" * 16, 1, ZERO_HASH, 0, ZERO_HASH, 0, 0)
    sealed = [seal_message(aes_key=bytes(32), header=header, content=b"\x01\x01") for _ in range(100)]
    assert len({parse_envelope(envelope).nonce for envelope in sealed}) == 100
    key, purpose = bytes(32), Purpose.RECOVERY
    wrapped = [wrap_seeds(purpose=purpose, key=key, seeds=BOB_SEEDS, bundle=BOB_1) for _ in range(100)]
    assert len({parse_wrapped(data).nonce for data in wrapped}) == 100
    seen = Seen(1, ZERO_HASH, ZERO_HASH, State.UNVERIFIED, time=0)
    pins = [seal_pin(account_key=key, owner=BOB_ID, contact=BOB_ID, seen=seen) for _ in range(100)]
    assert len({pin[2:14] for pin in pins}) == 100


def test_no_two_exchanges_share_a_key() -> None:
    made = [
        make_exchange(initiator=BOB_1, recipient=ALICE_1, signing_seed=BOB_SEEDS.signing) for _ in range(50)
    ]
    assert len({aes_key for _, aes_key in made}) == len({exchange.key_id for exchange, _ in made}) == 50


def test_seeds_and_keys_are_random() -> None:
    made = [Seeds.new() for _ in range(100)]
    assert len({seeds.sealing for seeds in made} | {seeds.signing for seeds in made}) == 200


def test_seeds_do_not_show_in_a_traceback() -> None:
    assert "ssss" not in repr(Seeds(b"s" * 32, b"s" * 32))
