"""Attacks 1 to 6: the password, and the keys that it wraps."""

import json
import re
from functools import partial
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Request, expect

from accounts.models import User
from accounts.passwords import KdfParameters, hkdf, split_password
from accounts.wire import decode_base64url, encode_base64url, label
from keys.models import IdentityKey
from keys.protocol.identity import Seeds, make_bundle, parse_bundle
from keys.protocol.recovery import format_recovery_key, parse_recovery_key, recovery_wrapping_key
from keys.protocol.wrapping import Purpose, unwrap_seeds, wrap_seeds
from tests.browsing import PASSWORD_OF, Person, arrive
from tests.hostile import NARROW, Guest, as_served, attack, forged
from tests.servers import Site
from tests.wire import Json, Wire, flipped

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("transactional_db")]

SALT = "c2l4dGVlbiBieXRlcyBoZQ"
NOT_ENOUGH: list[Json] = [
    {"memory_kib": 1024},
    {"memory_kib": 65_535, "passes": 2},
    {"memory_kib": 262_145},
    {"memory_kib": "65536"},
    {"passes": 0},
    {"passes": 11},
    {"lanes": 4},
    {"algorithm": "argon2i"},
    {"algorithm": "pbkdf2-sha256"},
    {"algorithm": None},
    {"salt": SALT[:-2]},
    {"salt": ""},
]

# What a page holds after all its scripts have run, and everything that this browser keeps of the site.
DUMP = """async () => {
    const hex = (bytes) => [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
    const seen = [];
    const look = (value) => {
        if (value instanceof CryptoKey) seen.push({ extractable: value.extractable, type: value.type });
        else if (value instanceof ArrayBuffer) seen.push(hex(new Uint8Array(value)));
        else if (ArrayBuffer.isView(value)) seen.push(hex(new Uint8Array(value.buffer, value.byteOffset, value.byteLength)));
        else if (value !== null && typeof value === "object") Object.values(value).forEach(look);
        else seen.push(String(value));
    };
    for (const { name } of await indexedDB.databases()) {
        const opening = indexedDB.open(name);
        await new Promise((resolve) => (opening.onsuccess = resolve));
        const database = opening.result;
        for (const store of database.objectStoreNames) {
            const all = database.transaction(store).objectStore(store).getAll();
            await new Promise((resolve) => (all.onsuccess = resolve));
            look(all.result);
        }
        database.close();
    }
    for (const name of await caches.keys()) {
        const cache = await caches.open(name);
        for (const request of await cache.keys()) seen.push(await (await cache.match(request)).text());
    }
    seen.push(JSON.stringify(localStorage), JSON.stringify(sessionStorage), document.cookie, window.name);
    seen.push(document.documentElement.outerHTML, ...[...document.querySelectorAll("input")].map((input) => input.value));
    return seen;
}"""


@attack(1)
def test_weaker_or_other_password_parameters_are_refused_before_anything_derived_is_sent(
    house: Site, chrome: Browser
) -> None:
    context = chrome.new_context(base_url=house.url)
    page = context.new_page()
    wire = Wire(page, house.url)
    for change in NOT_ENOUGH:
        kdf = {"algorithm": "argon2id", "memory_kib": 65_536, "passes": 3, "lanes": 1, "salt": SALT, **change}
        wire.answers("/accounts/prelogin/", {"kdf": kdf})
        page.goto("/accounts/login/")
        page.get_by_label("Username or e-mail").fill("somebody")
        page.get_by_label("Password").fill("a-canary-password")
        wire.forget()
        page.get_by_role("button", name="Sign in").click()
        expect(page.get_by_role("alert"), str(change)).to_contain_text("in a way that Sotto does not accept")
        assert [post.url for post in wire.posts()] == [f"{house.url}/accounts/prelogin/"], change
    context.close()


@attack(1)
def test_other_parameters_that_are_strong_enough_open_nothing(guest: Guest) -> None:
    wire, kdf = guest.wire, {"memory_kib": 65_536, "passes": 1}
    wire.changes_json("/accounts/prelogin/", lambda answer: answer["kdf"].update(kdf))
    # A server that wants the secret derived so lets it sign in too.
    guest.person.context.add_cookies([session_of(guest)])
    wire.answers("/accounts/login/", {"next": "/messages/"})
    guest.tries_to_sign_in()
    guest.is_refused("does not open with it")


def session_of(guest: Guest) -> Any:
    """The cookie of a session of theirs."""
    guest.actor.sign_in()
    cookie = guest.actor.browser.cookies["sessionid"]
    return {"name": "sessionid", "value": cookie.value, "url": guest.wire.url}


def spellings(secret: bytes) -> list[str]:
    """The ways in which bytes could be written, in lower case."""
    text = encode_base64url(secret)
    return [
        secret.hex(),
        text.lower(),
        text.translate(str.maketrans("-_", "+/")).lower(),
        str(list(secret))[1:-1],
    ]


def secrets_of(password: str, recovery_key: str, username: str) -> dict[str, list[str]]:
    """Everything that nobody but its owner may have, and how it could be written."""
    row = IdentityKey.objects.select_related("user").get(user__username=username, current=True)
    wrapping_key = split_password(password, row.user.kdf).wrapping_key
    seeds = unwrap_seeds(
        purpose=Purpose.PASSWORD,
        key=wrapping_key,
        wrapped=bytes(row.wrapped_by_password or b""),
        bundle=parse_bundle(bytes(row.bundle)),
        kdf=row.user.kdf,
    )
    recovery = parse_recovery_key(recovery_key)
    account_key = hkdf(seeds.sealing + seeds.signing, label("sotto/1 account key") + row.user_id.bytes)
    return {
        "password": [password, *spellings(password.encode())],
        "wrapping key": spellings(wrapping_key),
        "sealing seed": spellings(seeds.sealing),
        "signing seed": spellings(seeds.signing),
        "account key": spellings(account_key),
        "recovery key": [recovery_key.lower(), recovery_key.replace("-", "").lower(), *spellings(recovery)],
        "recovery wrapping key": spellings(recovery_wrapping_key(recovery, row.user_id.bytes)),
    }


def told(request: Request) -> str:
    """All that a request says."""
    return f"{request.url} {request.all_headers()} {request.post_data}"


def dumped(page: Page) -> tuple[str, list[Json]]:
    """Everything on the page and in this browser's stores as one text, and the keys that no text can show."""
    seen = page.evaluate(DUMP)
    keys = [value for value in seen if isinstance(value, dict)]
    cookies = json.dumps(page.context.cookies())
    return "\n".join([*(value for value in seen if isinstance(value, str)), cookies]), keys


@attack(2)
def test_the_password_the_wrapping_key_and_the_seeds_are_nowhere_but_in_the_browsers_vault(
    house: Site, chrome: Browser
) -> None:
    carol = arrive(chrome, house.url, "carol-canary", viewport=NARROW)
    wire, console = Wire(carol.page, house.url), watched(carol)
    recovery_key = carol.sign_up()
    places = {"after signing up": dumped(carol.page)}
    carol.page.get_by_role("button", name="Sign out", exact=True).click()
    carol.page.wait_for_url(house.url + "/")
    places["after signing out"] = dumped(carol.page)
    carol.sign_in()
    places["after signing in"] = dumped(carol.page)
    everywhere = {name: text for name, (text, _keys) in places.items()}
    everywhere["requests"] = "\n".join(map(told, wire.requests))
    everywhere["the console"] = "\n".join(console)
    everywhere["the server's log"] = house.log.read_text(errors="replace")
    for what, written in secrets_of(carol.password, recovery_key, carol.username).items():
        for where, text in everywhere.items():
            assert not [form for form in written if form in text.lower()], f"{what} in {where}"
    assert [len(keys) > 0 for _text, keys in places.values()] == [True, False, True]
    assert not [key for _text, keys in places.values() for key in keys if key["extractable"]]


@attack(2)
def test_nor_are_they_anywhere_after_the_password_was_changed_and_forgotten(
    guest: Guest, house: Site
) -> None:
    page, console = guest.page, watched(guest.person)
    recovery_key = format_recovery_key(guest.actor.person.recovery_key)
    changed, forgotten = "a-second-canary-2718", "a-third-canary-1618"
    guest.person.sign_in()
    page.goto("/accounts/settings/")
    page.get_by_label("Current password", exact=True).fill(guest.person.password)
    page.get_by_label("New password", exact=True).fill(changed)
    page.get_by_role("button", name="Change password").click()
    expect(page.locator("#password-state")).to_be_visible()
    places = [dumped(page)]
    page.get_by_role("button", name="Sign out", exact=True).click()
    page.wait_for_url(house.url + "/")
    page.goto("/accounts/recover/")
    page.get_by_label("Username or e-mail", exact=True).fill(guest.person.username)
    page.get_by_label("Recovery key", exact=True).fill(recovery_key)
    page.get_by_role("button", name="Continue").click()
    page.get_by_label("New password", exact=True).fill(forgotten)
    page.get_by_role("button", name="Set new password").click()
    page.wait_for_url("**/messages/")
    places.append(dumped(page))
    everything = [*(text for text, _keys in places), *map(told, guest.wire.requests), *console]
    everything.append(house.log.read_text(errors="replace"))
    secrets = secrets_of(forgotten, recovery_key, guest.person.username)
    secrets["the passwords before"] = [guest.person.password, changed]
    for what, written in secrets.items():
        assert not [form for form in written for text in everything if form in text.lower()], what
    assert not [key for _text, keys in places for key in keys if key["extractable"]]


def watched(person: Person) -> list[str]:
    """What the page's scripts say from now on."""
    said: list[str] = []
    person.page.on("console", lambda line: said.append(line.text))
    return said


def wrapped_of(guest: Guest) -> bytes:
    """The guest's seeds, wrapped by the password, as the server keeps them."""
    return bytes(IdentityKey.objects.get(user=guest.actor.id).wrapped_by_password or b"")


# What the sign-in page says when one byte after the other is changed, with the key that opens the right ones.
EVERY_BYTE = r"""async ([mine, kdf]) => {
    const pages = document.querySelector('script[src*="signed_in"]').src;
    const load = (name) => import(pages.replace(/pages\/.*/, name));
    const { fromBase64url, toBase64url } = await load("crypto/bytes.js");
    const { kdfFromJson } = await load("crypto/password.js");
    const { openIdentity } = await load("lib/own_identity.js");
    const { userId, username, wrappingKey } = await (await load("lib/keystore.js")).load();
    const derived = { wrappingKey, kdf: kdfFromJson(kdf) };
    const open = async (bytes) => {
        const json = { ...mine, wrapped_by_password: toBase64url(bytes) };
        return openIdentity({ userId, username }, json, derived, null).then(() => "opened", ({ message }) => message);
    };
    const right = fromBase64url(mine.wrapped_by_password);
    const said = new Set();
    for (let at = 0; at < right.length; at++) {
        for (const mask of [1, 128, 255]) said.add(await open(right.with(at, right[at] ^ mask)));
    }
    return [await open(right), right.length, ...said];
}"""


@attack(3)
def test_any_byte_of_the_wrapped_seeds_changed_gives_one_same_refusal_and_the_same_requests(
    guest: Guest,
) -> None:
    guest.enters()
    # Where a page may load the module that reads password parameters.
    guest.page.goto("/accounts/settings/")
    mine = guest.page.evaluate("fetch('/keys/mine/').then((answer) => answer.json())")
    opened, size, *said = guest.page.evaluate(EVERY_BYTE, [mine["identity"], mine["kdf"]])
    assert (opened, size) == ("opened", 95)
    assert len(said) == 1, said
    right, seen = wrapped_of(guest), set()
    for wrapped in (flipped(right, 2), flipped(right, 40), right[:-1]):
        guest.wire.is_honest()
        guest.wire.changes_json("/keys/mine/", partial(as_served, wrapped=wrapped))
        guest.page.goto("/accounts/login/")
        guest.wire.forget()
        guest.tries_to_sign_in()
        guest.is_refused(said[0])
        asked = [(request.method, request.url) for request in guest.wire.requests]
        seen.add(str([one for one in asked if "/static/" not in one[1]]))
    assert len(seen) == 1, seen


@attack(4)
def test_the_right_seeds_under_wrong_public_keys_are_refused(guest: Guest) -> None:
    person = guest.actor.person
    kdf = User.objects.get(pk=guest.actor.id).kdf
    half = Seeds(person.seeds.sealing, Seeds.new().signing)
    wrong = make_bundle(user_id=person.user_id.bytes, username=person.username, seeds=half)
    # Worse than any server can do: bound to the wrong keys under the right wrapping key.
    wrapped = wrap_seeds(
        purpose=Purpose.PASSWORD,
        key=split_password(guest.person.password, kdf).wrapping_key,
        seeds=person.seeds,
        bundle=wrong,
        kdf=kdf,
    )
    for shown in (wrapped, wrapped_of(guest)):

        def lie(answer: Json, shown: bytes = shown) -> None:
            as_served(answer, shown)
            answer["identity"]["bundle"] = encode_base64url(wrong.encoded)

        guest.wire.is_honest()
        guest.wire.changes_json("/keys/mine/", lie)
        guest.tries_to_sign_in()
        guest.is_refused("Nothing was changed.")
        guest.page.goto("/messages/")
        guest.page.wait_for_url("**/accounts/login/**")


@attack(4)
def test_somebody_elses_identity_is_not_taken_for_ones_own(guest: Guest) -> None:
    guest.wire.changes_json(
        "/keys/mine/", lambda answer: answer["identity"].update(bundle=forged(guest.actor))
    )
    guest.tries_to_sign_in()
    guest.is_refused("Nothing was changed.")


@attack(5)
def test_a_known_browser_that_is_told_it_has_no_keys_makes_none(guest: Guest) -> None:
    guest.enters()
    guest.wire.changes_json("/keys/mine/", lambda answer: answer.update(identity=None))
    guest.wire.forget()
    guest.tries_to_sign_in()
    guest.is_refused("says that you have no keys, but this browser knows them")
    assert not guest.wire.posts("/keys/identity/")


@attack(5)
def test_a_new_browser_that_is_told_it_has_no_keys_asks_and_makes_none_by_itself(guest: Guest) -> None:
    guest.wire.changes_json("/keys/mine/", lambda answer: answer.update(identity=None))
    guest.tries_to_sign_in()
    expect(guest.page.get_by_role("heading", level=1)).to_have_text(
        "This account is not ready for messages yet"
    )
    expect(guest.page.get_by_role("main")).to_contain_text("Have you used Sotto with this account before?")
    expect(guest.page.get_by_role("button", name="Create my keys")).to_be_visible()
    assert not guest.wire.posts("/keys/identity/")
    guest.page.goto("/messages/")
    guest.page.wait_for_url("**/accounts/login/**")


@attack(6)
def test_a_key_that_the_server_offers_is_never_wrapped_to(house: Site, chrome: Browser) -> None:
    person = arrive(chrome, house.url, "without-keys", viewport=NARROW)
    user = User.objects.create_user(person.username, password=person.password)
    wire = Wire(person.page, house.url)
    servers = forged(Guest.arrives(chrome, house.url, "the-admin").actor)
    offer = {
        "recovery_key": "A" * 43,
        "wrapping_key": "A" * 43,
        "wrap_to": [{"purpose": "admin", "bundle": servers}],
        "admin_bundle": servers,
        "recovery_bundle": servers,
    }
    for path in ("/accounts/prelogin/", "/accounts/login/", "/keys/mine/"):
        wire.changes_json(path, lambda answer: answer.update({**answer, **offer}))
    guest = Guest(person, None, wire)  # type: ignore[arg-type]
    guest.tries_to_sign_in()
    person.page.get_by_role("button", name="Create my keys").click()
    expect(person.page.get_by_role("button", name="I have saved it")).to_be_visible()
    groups = re.findall(r"\b[0-9A-HJKMNP-TV-Z]{4}\b", person.page.locator("main").inner_text())
    [sent] = wire.posted("/keys/identity/")
    assert set(sent) <= {"bundle", "wrapped_by_password", "wrapped_by_recovery", "recovery_secret"}
    bundle = parse_bundle(decode_base64url(sent["bundle"]))
    opened = [
        unwrap_seeds(purpose=purpose, key=key, wrapped=decode_base64url(sent[name]), bundle=bundle, kdf=kdf)
        for purpose, name, key, kdf in (
            (Purpose.PASSWORD, "wrapped_by_password", wrapping_key(person, user.kdf), user.kdf),
            (Purpose.RECOVERY, "wrapped_by_recovery", recovery_wrapping(groups, bundle.user_id), None),
        )
    ]
    assert opened[0].public_keys() == opened[1].public_keys() == bundle.keys


def wrapping_key(person: Person, kdf: KdfParameters) -> bytes:
    return split_password(PASSWORD_OF.format(person.username), kdf).wrapping_key


def recovery_wrapping(groups: list[str], user_id: bytes) -> bytes:
    return recovery_wrapping_key(parse_recovery_key("".join(groups)), user_id)
