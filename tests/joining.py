"""People in browsers as the pages would have left them, but for what these take: loading, typing, Argon2id in the browser.

The server hears what the pages would tell it, and the browser keeps what they would keep, by their own modules.
`tests/test_main_job.py` does all of it by the pages themselves.
"""

from collections.abc import Mapping
from functools import cache

from django.templatetags.static import static
from django.utils import timezone
from playwright.sync_api import APIResponse, Browser, BrowserContext, Page

from accounts.models import User
from accounts.passwords import KdfParameters, PasswordSecrets, split_password
from accounts.wire import encode_base64url
from chatproject.modules import import_map
from contacts.keeping import accept
from keys.protocol.pin import State
from keys.protocol.recovery import format_recovery_key
from messaging.scripted import ScriptedPerson
from tests.browsing import Person, arrive
from tests.cast import sign_up_request
from tests.gallery import Pair, introduce, pin_as

# An empty page of the site, with the names that modules go by.
EMPTY = "/an-empty-page-for-tests/"
KEYSTORE = "js/lib/keystore.js"

# Keeps the keys by the page's own modules.
KEEP_KEYS = """async ({ keystore, username, bundle, seeds, wrappingKey, userId }) => {
    const module = (path) => import(new URL(path, new URL(keystore, location)).href);
    const { fromBase64url } = await module("../crypto/bytes.js");
    const { parseBundle } = await module("../crypto/identity.js");
    const { save } = await module("keystore.js");
    const key = (bytes) => crypto.subtle.importKey("raw", bytes, "AES-GCM", false, ["encrypt", "decrypt"]);
    await save({
        userId: fromBase64url(userId),
        username,
        bundle: await parseBundle(fromBase64url(bundle)),
        seeds: { signing: fromBase64url(seeds.signing), sealing: fromBase64url(seeds.sealing) },
        wrappingKey: await key(fromBase64url(wrappingKey)),
    });
}"""


@cache
def kdf_for(_password: str) -> KdfParameters:
    """Parameters for this password: the same all through a run, so that it is split once."""
    return KdfParameters.default()


@cache
def split(password: str, kdf: KdfParameters) -> PasswordSecrets:
    """What Argon2id makes of it: reckoned once in a run."""
    return split_password(password, kdf)


def join(person: Person, *, email: bool = True) -> str:
    """Make an account for somebody at a browser, who is signed in then; returns the recovery key as it is shown."""
    scripted, kdf = ScriptedPerson.new(person.username), kdf_for(person.password)
    secrets = split(person.password, kdf)
    request = sign_up_request(
        scripted,
        email=person.email if email else "",
        secret=secrets.sign_in_secret,
        kdf=kdf.to_json(),
        wrapped_by_password=encode_base64url(scripted.wrap_by_password(secrets.wrapping_key, kdf)),
    )
    assert tell(person.context, "/accounts/signup/", request).status == 201
    keep_keys(person.page, scripted, secrets.wrapping_key)
    person.account = scripted
    return format_recovery_key(scripted.recovery_key)


def also_at(chrome: Browser, url: str, person: Person) -> Person:
    """The same person in one more browser, signed in there too."""
    assert person.account
    arrived = arrive(chrome, url, person.username)
    sign_in(arrived, person.account)
    return arrived


def sign_in(person: Person, account: ScriptedPerson) -> None:
    """Sign somebody in who has this account, with their password."""
    secrets = split(person.password, User.objects.get(pk=account.user_id).kdf)
    body = {"login": person.username, "secret": secrets.sign_in_secret, "next": ""}
    assert tell(person.context, "/accounts/login/", body).status == 200
    keep_keys(person.page, account, secrets.wrapping_key)
    person.account = account


def prove_email(person: Person) -> None:
    """Count this person's address as proved, as after the link that was mailed."""
    assert User.objects.filter(username=person.username).update(email_proved_at=timezone.now()) == 1


def tell(context: BrowserContext, path: str, body: Mapping[str, object]) -> APIResponse:
    """Send what the page of this address would send; the browser takes what is answered, its session among it."""
    assert context.request.get(path).ok
    token = next(cookie["value"] for cookie in context.cookies() if cookie["name"] == "csrftoken")
    return context.request.post(path, data=body, headers={"X-CSRFToken": token})


def keep_keys(page: Page, scripted: ScriptedPerson, wrapping_key: bytes) -> None:
    """Have this browser keep the keys of whoever has signed up in it."""
    names = import_map(static, frozenset({KEYSTORE}))
    body = f'<link rel="icon" href="data:,"><script type="importmap">{names}</script>'
    page.route(f"**{EMPTY}", lambda route: route.fulfill(body=body, content_type="text/html"), times=1)
    page.goto(EMPTY)
    page.evaluate(
        KEEP_KEYS,
        {
            "keystore": static(KEYSTORE),
            "username": scripted.username,
            "bundle": encode_base64url(scripted.bundle.encoded),
            "seeds": {
                "signing": encode_base64url(scripted.seeds.signing),
                "sealing": encode_base64url(scripted.seeds.sealing),
            },
            "wrappingKey": encode_base64url(wrapping_key),
            "userId": encode_base64url(scripted.user_id.bytes),
        },
    )


def has_written(writer: Person, reader: Person, *texts: str) -> Pair:
    """Have somebody write to somebody for the first time: from a program, and nobody has looked at it yet.

    The server keeps what the writer has seen of the reader, as after a message from a page.
    """
    assert writer.account
    assert reader.account
    pair = introduce(writer.account, reader.account, *texts)
    pin_as(pair.one, pair.other, State.UNVERIFIED)
    return pair


def answer_with(pair: Pair, text: str) -> None:
    """Have the reader write back, who has seen the writer then."""
    pair.say(pair.other, text)
    accept(owner=pair.other.user_id, contact=pair.one.user_id)
    pin_as(pair.other, pair.one, State.UNVERIFIED)


def look(one: Person, other: Person, *texts: str) -> None:
    """Have both look at their conversation, which holds these texts."""
    for person, peer in ((one, other), (other, one)):
        person.open(peer)
        person.sees(peer, *texts)


def correspond(writer: Person, reader: Person, *texts: str, answer: str = "") -> None:
    """Have both look at a conversation in which the one has written these texts, and the other has answered: from a program."""
    pair = has_written(writer, reader, *texts)
    if answer:
        answer_with(pair, answer)
    look(writer, reader, *texts, *([answer] if answer else []))
