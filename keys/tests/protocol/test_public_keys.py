"""Public keys that are refused: all of them, and no others."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keys.protocol.primitives import sealing_public_key, signing_public_key
from keys.protocol.public_keys import check_sealing_key, check_signing_key
from keys.tests.protocol.vectors import refused

P = 2**255 - 19
D = -121665 * pow(121666, -1, P) % P
SEALING_KEY = sealing_public_key(bytes(32))
Point = tuple[int, int]
encodings = st.binary(min_size=32, max_size=32)


def add(left: Point, right: Point) -> Point:
    """The sum of two points of edwards25519 (RFC 8032 section 5.1.4, in affine coordinates)."""
    (x1, y1), (x2, y2) = left, right
    product = D * x1 * x2 * y1 * y2
    x = (x1 * y2 + x2 * y1) * pow(1 + product, -1, P)
    y = (y1 * y2 + x1 * x2) * pow(1 - product, -1, P)
    return x % P, y % P


def point_of(y: int, sign: int) -> Point | None:
    """Decompression (RFC 8032 section 5.1.3)."""
    square = (y * y - 1) * pow(D * y * y + 1, -1, P) % P
    x = pow(square, (P + 3) // 8, P)
    if x * x % P != square:
        x = x * pow(2, (P - 1) // 4, P) % P
    if x * x % P != square or (x == 0 and sign):
        return None
    return (x if x % 2 == sign else P - x), y


def multiply(times: int, point: Point) -> Point:
    result = (0, 1)
    for bit in f"{times:b}":
        result = add(result, result)
        result = add(result, point) if bit == "1" else result
    return result


def encode(point: Point) -> bytes:
    return (point[1] | (point[0] & 1) << 255).to_bytes(32, "little")


def torsion() -> list[Point]:
    """The eight points of small order: multiples of any point of full order times the large prime."""
    order = 2**252 + 27742317777372353535851937790883648493
    for y in range(2, 100):
        point = point_of(y, 0)
        generator = multiply(order, point) if point else (0, 1)
        multiples = [multiply(times, generator) for times in range(8)]
        if len(set(multiples)) == 8:
            return multiples
    raise AssertionError


def is_refused(key: bytes) -> bool:
    y = int.from_bytes(key, "little") % 2**255
    sign = key[31] >> 7
    point = point_of(y, sign) if y < P else None
    return point is None or multiply(8, point) == (0, 1)


def test_all_points_of_small_order_are_refused() -> None:
    keys = {encode(point) for point in torsion()}
    assert len(keys) == 8
    for key in keys:
        with refused("key"):
            check_signing_key(key)


def test_a_point_that_is_not_reduced_is_refused() -> None:
    for y in range(P, 2**255):
        for sign in (0, 1 << 255):
            with refused("key"):
                check_signing_key((y | sign).to_bytes(32, "little"))


@given(encodings | st.integers(0, 300).map(lambda y: y.to_bytes(32, "little")))
def test_a_signing_key_is_refused_exactly_when_it_is_no_point_or_of_small_order(key: bytes) -> None:
    if is_refused(key):
        with refused("key"):
            check_signing_key(key)
    else:
        check_signing_key(key)


@given(encodings)
def test_real_keys_are_taken(seed: bytes) -> None:
    check_signing_key(signing_public_key(seed))
    check_sealing_key(sealing_public_key(seed))


@pytest.mark.parametrize("at", [0, 1, 2, 383, 384, 766, 767])
@pytest.mark.parametrize("value", [0, 3328, 3329, 3330, 4095])
def test_every_ml_kem_coefficient_is_below_the_modulus(at: int, value: int) -> None:
    vector = int.from_bytes(SEALING_KEY[:1152], "little")
    vector = vector & ~(0xFFF << 12 * at) | value << 12 * at
    key = vector.to_bytes(1152, "little") + SEALING_KEY[1152:]
    if value < 3329:
        check_sealing_key(key)
    else:
        with refused("key"):
            check_sealing_key(key)


@pytest.mark.parametrize("top_bit", [0, 2**255])
@pytest.mark.parametrize("u", [0, 1, P - 1, P, P + 1])
def test_an_x25519_point_of_small_order_is_refused(u: int, top_bit: int) -> None:
    with refused("key"):
        check_sealing_key(SEALING_KEY[:1184] + (u + top_bit).to_bytes(32, "little"))


def test_x25519_points_of_order_8_are_refused() -> None:
    """By the map of RFC 7748 section 4.1, u = (1 + y) / (1 - y), from the points of edwards25519."""
    ys = {y for x, y in torsion() if x != 0 and y != 0}
    assert len(ys) == 2
    for y in ys:
        u = (1 + y) * pow(1 - y, -1, P) % P
        with refused("key"):
            check_sealing_key(SEALING_KEY[:1184] + u.to_bytes(32, "little"))
