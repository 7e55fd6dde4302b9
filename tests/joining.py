"""Accounts for people in browsers, made as the sign-up page makes them, but for what takes its time: the form, Argon2id in
the browser, and the recovery key's step. `tests/test_main_job.py` signs up by the page itself.
"""

from functools import cache

from accounts.passwords import KdfParameters, PasswordSecrets, split_password
from accounts.wire import encode_base64url
from contacts.models import Contact
from keys.protocol.recovery import format_recovery_key
from messaging.scripted import ScriptedPerson
from tests.browsing import Person, wait_until
from tests.cast import sign_up_request
from tests.gallery import introduce

# Sends what the page would send, and keeps the keys by the page's own modules.
SIGN_UP = """async ({ request, seeds, wrappingKey, userId }) => {
    const page = document.querySelector('script[src*="pages/signup.js"]').src;
    const module = (path) => import(new URL(path, page).href);
    const { fromBase64url } = await module("../crypto/bytes.js");
    const { parseBundle } = await module("../crypto/identity.js");
    const { postJson } = await module("../lib/http.js");
    const { save } = await module("../lib/keystore.js");
    const key = (bytes) => crypto.subtle.importKey("raw", bytes, "AES-GCM", false, ["encrypt", "decrypt"]);
    await postJson("/accounts/signup/", request);
    await save({
        userId: fromBase64url(userId),
        username: request.username,
        bundle: await parseBundle(fromBase64url(request.bundle)),
        seeds: { signing: fromBase64url(seeds.signing), sealing: fromBase64url(seeds.sealing) },
        wrappingKey: await key(fromBase64url(wrappingKey)),
    });
}"""


@cache
def derived(password: str) -> tuple[KdfParameters, PasswordSecrets]:
    """Parameters for this password, and what Argon2id makes of it with them: reckoned once in a run."""
    kdf = KdfParameters.default()
    return kdf, split_password(password, kdf)


def join(person: Person, *, email: bool = True) -> str:
    """Make an account for somebody at a browser, who is at their messages then; returns the recovery key as it is shown."""
    scripted, (kdf, secrets) = ScriptedPerson.new(person.username), derived(person.password)
    request = sign_up_request(
        scripted,
        email=person.email if email else "",
        secret=secrets.sign_in_secret,
        kdf=kdf.to_json(),
        wrapped_by_password=encode_base64url(scripted.wrap_by_password(secrets.wrapping_key, kdf)),
    )
    seeds = {
        "signing": encode_base64url(scripted.seeds.signing),
        "sealing": encode_base64url(scripted.seeds.sealing),
    }
    person.page.goto("/accounts/signup/")
    person.page.evaluate(
        SIGN_UP,
        {
            "request": request,
            "seeds": seeds,
            "wrappingKey": encode_base64url(secrets.wrapping_key),
            "userId": encode_base64url(scripted.user_id.bytes),
        },
    )
    person.page.goto("/messages/")
    person.account = scripted
    return format_recovery_key(scripted.recovery_key)


def correspond(writer: Person, reader: Person, *texts: str, answer: str = "") -> None:
    """Have both look at a conversation in which the one has written these texts, and the other has answered: from a program.

    After an answer, the server keeps for each what their browser has seen of the other.
    """
    assert writer.account
    assert reader.account
    pair = introduce(writer.account, reader.account, *texts)
    said = list(texts)
    if answer:
        pair.say(reader.account, answer)
        said.append(answer)
    for person, other in ((writer, reader), (reader, writer)):
        person.open(other)
        person.sees(other, *said)
    if answer:
        kept = Contact.objects.filter(pinned_identity__isnull=False)
        wait_until(writer.page, lambda: kept.count() == 2)
