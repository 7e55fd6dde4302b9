"""What `make attack-mutations` takes out, one at a time, and which tests must then fail.

Each text must occur exactly once in its file; `test_rows.py` sees to it, so that this list keeps up with the code.
"""

from typing import NamedTuple

TESTS = "tests/attacks"


class Edit(NamedTuple):
    """A file of the project, the exact text that is taken out, and what stands there instead."""

    file: str
    old: str
    new: str


class Mutation(NamedTuple):
    """A check taken out, for an attack of docs/attacks.md, and the tests that must notice."""

    attack: int
    takes_out: str
    edits: tuple[Edit, ...]
    tests: tuple[str, ...]


def password(name: str) -> str:
    return f"{TESTS}/test_password.py::test_{name}"


def peers(name: str) -> str:
    return f"{TESTS}/test_peers_keys.py::test_{name}"


def exchanged(name: str) -> str:
    return f"{TESTS}/test_exchanged_keys.py::test_{name}"


def messages(name: str) -> str:
    return f"{TESTS}/test_messages.py::test_{name}"


def kinds(name: str) -> str:
    return f"{TESTS}/test_kinds.py::test_{name}"


def web(name: str) -> str:
    return f"{TESTS}/test_web.py::test_{name}"


def addresses(name: str) -> str:
    return f"{TESTS}/test_addresses.py::test_{name}"


def network(name: str) -> str:
    return f"{TESTS}/test_network.py::test_{name}"


def reports(name: str) -> str:
    return f"{TESTS}/test_reports.py::test_{name}"


def crypto(name: str, old: str, new: str) -> Edit:
    return Edit(f"static/js/crypto/{name}.js", old, new)


def lib(name: str, old: str, new: str) -> Edit:
    return Edit(f"static/js/lib/{name}.js", old, new)


def page(name: str, old: str, new: str) -> Edit:
    return Edit(f"static/js/pages/{name}.js", old, new)


WEAKER = password("weaker_or_other_password_parameters_are_refused_before_anything_derived_is_sent")
NOWHERE = password("the_password_the_wrapping_key_and_the_seeds_are_nowhere_but_in_the_browsers_vault")
ANY_BYTE = password("any_byte_of_the_wrapped_seeds_changed_gives_one_same_refusal_and_the_same_requests")
REPLACED = peers("a_pinned_key_replaced_is_asked_about_and_nothing_is_sent_before")
OLDER = peers("an_older_validly_signed_bundle_is_refused")
OUT_OF_CHAIN = peers("another_bundle_of_the_version_seen_and_one_that_breaks_the_chain_are_refused")
SERVERS_KEY = exchanged("a_message_under_a_key_that_the_server_sealed_to_both_is_not_opened")
NOTHING_UNDER_IT = exchanged("nothing_is_sealed_under_a_key_that_the_server_sealed_to_both")
FOR_SOMEBODY_ELSE = exchanged("a_key_for_somebody_else_sealed_anew_is_not_taken_from_them")
WITHOUT_ITS_PARTS = exchanged("a_key_without_its_suite_epoch_or_signature_opens_nothing")
SLIPPED_IN = web("what_is_slipped_into_a_page_is_not_run")
OTHERS_IDS = addresses("other_peoples_ids_in_an_address_or_a_body_change_nothing_of_theirs_and_tell_nothing")

EXCHANGE_SIGNATURE = crypto(
    "exchange", "  await verifySignature(initiator.signing, signedPart(unsigned), exchange.signature);\n", ""
)

MUTATIONS = [
    Mutation(
        1,
        "the least memory",
        (crypto("password", "const LEAST_MEMORY_KIB = 47_104;", "const LEAST_MEMORY_KIB = 8;"),),
        (WEAKER,),
    ),
    Mutation(
        1,
        "the one algorithm",
        (crypto("password", 'if (algorithm !== "argon2id") throw', 'if (algorithm === "") throw'),),
        (WEAKER,),
    ),
    Mutation(
        1,
        "the one lane",
        (crypto("password", "if (lanes !== 1) throw", "if (lanes === 0) throw"),),
        (WEAKER,),
    ),
    Mutation(
        1,
        "the salt's size",
        (crypto("password", "if (salt.length !== SALT_BYTES) throw", "if (salt.length > 99) throw"),),
        (WEAKER,),
    ),
    Mutation(
        2,
        "that the password stays in the browser",
        (
            page(
                "login",
                'postJson("/accounts/login/", { login, secret,',
                'postJson("/accounts/login/", { login, secret, password,',
            ),
        ),
        (NOWHERE,),
    ),
    Mutation(
        2,
        "that keys cannot be taken out of the vault",
        (
            Edit(
                "static/js/crypto/derive.js",
                '"AES-GCM", length: 256 }, false,',
                '"AES-GCM", length: 256 }, true,',
            ),
        ),
        (NOWHERE,),
    ),
    Mutation(
        2,
        "the lock of the sealing seed",
        (
            lib(
                "keystore",
                "    locked: await lockSeed(seeds.sealing, userId),\n",
                "    locked: await lockSeed(seeds.sealing, userId),\n    seed: seeds.sealing,\n",
            ),
        ),
        (NOWHERE,),
    ),
    Mutation(
        3,
        "the one same refusal",
        (
            lib(
                "own_identity",
                'error.code === "binding" ? new FormError(NOT_MINE) : unopened;',
                'error.code === "form" ? new FormError(NOT_MINE) : unopened;',
            ),
        ),
        (ANY_BYTE,),
    ),
    Mutation(
        4,
        "the comparison of the seeds' public keys",
        (crypto("wrapping", "  await checkSeeds(seeds, bundle);\n", ""),),
        (password("the_right_seeds_under_wrong_public_keys_are_refused"),),
    ),
    Mutation(
        5,
        "the memory of having had keys",
        (page("login", "if (identity === null && known) throw new FormError(KEYS_DENIED);", ""),),
        (password("a_known_browser_that_is_told_it_has_no_keys_makes_none"),),
    ),
    Mutation(
        5,
        "the question before new keys are made",
        (
            page(
                "login",
                "if (identity === null) offerKeys(person, derived, next);",
                "if (identity === null) await createKeys(person, derived, next, say);",
            ),
        ),
        (password("a_new_browser_that_is_told_it_has_no_keys_asks_and_makes_none_by_itself"),),
    ),
    Mutation(
        6,
        "that seeds are wrapped for the password and the recovery key alone",
        (
            page(
                "login",
                'await postJson("/keys/identity/", json);',
                'await postJson("/keys/identity/", { ...json, wrapped_for_admin: json.wrapped_by_password });',
            ),
        ),
        (password("a_key_that_the_server_offers_is_never_wrapped_to"),),
    ),
    Mutation(
        7,
        "the other person's part in the safety number",
        (
            crypto(
                "safety",
                ".fixed(lower, FINGERPRINT_BYTES).fixed(higher, FINGERPRINT_BYTES)",
                ".fixed(lower, FINGERPRINT_BYTES).fixed(lower, FINGERPRINT_BYTES)",
            ),
        ),
        (peers("a_substituted_key_at_first_contact_is_unverified_and_the_safety_numbers_differ"),),
    ),
    Mutation(
        7,
        "that nobody is verified by being seen",
        (
            lib(
                "sightings",
                "{ version, hash, fingerprint, state: STATE.unverified,",
                "{ version, hash, fingerprint, state: STATE.verified,",
            ),
        ),
        (peers("a_substituted_key_at_first_contact_is_unverified_and_the_safety_numbers_differ"),),
    ),
    Mutation(
        8,
        "the second step after a verified person's change",
        (
            lib(
                "question",
                "(compareAt === null ? carryOut(button, proceed) :",
                "(compareAt !== undefined ? carryOut(button, proceed) :",
            ),
        ),
        (peers("a_verified_persons_key_replaced_needs_a_second_deliberate_step"),),
    ),
    Mutation(
        8, "the question after a change of keys", (lib("pins", "if (!others && ", "if ("),), (REPLACED,)
    ),
    Mutation(
        8,
        "the pin that this browser keeps",
        (lib("pins", "    this.#seen = local?.seen ?? null;\n", "    this.#seen = null;\n"),),
        (peers("a_key_replaced_before_the_server_was_given_a_pin_is_asked_about_too"),),
    ),
    Mutation(
        9,
        "the signature of an identity",
        (crypto("identity", "  await verifySignature(fields.signing, signedBody(body), signature);\n", ""),),
        (
            peers(
                "only_the_sealing_key_replaced_and_signed_by_the_servers_key_is_refused_at_first_contact_too"
            ),
        ),
    ),
    Mutation(
        10,
        "that versions go up",
        (lib("sightings", "return version < seen.version ||", "return"),),
        (OLDER,),
    ),
    Mutation(
        10,
        "that an identity names the one before",
        (
            lib(
                "bundles",
                "      if (after.version === seen.version + 1 && !equal(after.previous, seen.hash)) return true;\n",
                "",
            ),
        ),
        (OUT_OF_CHAIN,),
    ),
    Mutation(
        11,
        "the look at one's own keys as others see them",
        (lib("bundles", "bundle === null || !isOwn(account, bundle) || ", "bundle === null || "),),
        (
            peers("other_keys_shown_to_others_for_oneself_are_said_and_nothing_is_sent"),
            peers("other_keys_shown_to_others_for_oneself_are_said_at_the_next_sign_in"),
        ),
    ),
    Mutation(
        11,
        "the look at the keys that others were shown",
        (
            lib(
                "shown_self",
                "if (claims && !isOwn(account, bundle)) ",
                "if (!claims && isOwn(account, bundle)) ",
            ),
        ),
        (peers("other_keys_shown_to_others_for_oneself_are_said_at_the_next_sign_in"),),
    ),
    Mutation(
        12,
        "whose pin it is",
        (crypto("pin", ".fixed(owner, 16).fixed(contact, 16)", ".fixed(owner, 16).fixed(owner, 16)"),),
        (peers("a_pin_of_somebody_else_is_not_taken_for_this_ones"),),
    ),
    Mutation(12, "the signature over the two sealed copies", (EXCHANGE_SIGNATURE,), (WITHOUT_ITS_PARTS,)),
    Mutation(
        12,
        "that an identity belongs to whom it is shown for",
        (lib("pins", "    if (!equal(bundle.userId, this.#peer)) return rolledBack(this.#name);\n", ""),),
        (peers("somebody_elses_identity_is_not_taken_for_the_one_asked_for"),),
    ),
    Mutation(
        12,
        "that an identity has the name shown",
        (
            lib(
                "pins",
                "return bundle.username === this.#name || this.#erased ? null :",
                "return bundle.username ? null :",
            ),
        ),
        (peers("one_persons_conversation_is_not_shown_under_anothers_name"),),
    ),
    Mutation(13, "the signature of an exchanged key", (EXCHANGE_SIGNATURE,), (SERVERS_KEY, NOTHING_UNDER_IT)),
    Mutation(
        14, "that a key was signed for the two it is used by", (EXCHANGE_SIGNATURE,), (FOR_SOMEBODY_ELSE,)
    ),
    Mutation(
        15,
        "that a key answered comes after the one in use",
        (lib("currentkey", "if (!follows(read, newest, used)) throw leftBehind();", ""),),
        (exchanged("an_old_epoch_that_answers_an_exchange_is_refused_whatever_used_says"),),
    ),
    Mutation(16, "the signature", (EXCHANGE_SIGNATURE,), (WITHOUT_ITS_PARTS,)),
    Mutation(
        16,
        "the signature of an identity",
        (crypto("identity", "  await verifySignature(fields.signing, signedBody(body), signature);\n", ""),),
        (peers("a_bundle_without_its_suite_version_or_signature_is_refused"),),
    ),
    Mutation(
        17,
        "that a missing key is said to be missing",
        (
            lib(
                "epochs",
                "    if (text === undefined) throw missing();\n    const exchange",
                "    if (text === undefined) throw untrusted();\n    const exchange",
            ),
        ),
        (exchanged("a_rotation_whose_key_is_withheld_is_said"),),
    ),
    Mutation(
        17,
        "that an epoch has one key",
        (lib("epochs", "    if (!this.fits(key)) throw untrusted();\n", ""),),
        (exchanged("a_second_key_of_one_epoch_opens_nothing"),),
    ),
    Mutation(
        18,
        "the words in the place of a message that does not open",
        (
            Edit(
                "static/js/elements/sotto-message.js",
                "  if (failure !== null) return `This message ${FAILURE_WORDS[failure]}.`;\n",
                '  if (failure !== null) return "";\n',
            ),
        ),
        (
            messages("a_changed_nonce_ciphertext_or_tag_is_said_in_the_place_of_the_message"),
            messages("a_changed_part_of_the_header_is_said_in_the_place_of_the_message"),
            messages("ones_own_message_thrown_back_as_the_other_persons_is_said"),
        ),
    ),
    Mutation(
        19,
        "that a message is between the two of the conversation",
        (
            lib(
                "opener",
                "if (other === null || !equal(other, this.#peer)) return",
                "if (other === null) return",
            ),
        ),
        (messages("a_message_moved_to_another_conversation_is_said_there_and_missed_here"),),
    ),
    Mutation(
        20,
        "that what is there already is left out",
        (
            lib(
                "continuity",
                "return hashes.add(nameOf(hash)).size === before;",
                "return hashes.size < before;",
            ),
        ),
        (messages("a_message_replayed_under_a_new_number_is_shown_once"),),
    ),
    Mutation(
        21,
        "the senders' own order",
        (
            lib(
                "order",
                "  return new Sorter(history).sort();",
                "  return history.map((_message, place) => place);",
            ),
        ),
        (messages("two_messages_exchanged_are_shown_in_the_senders_own_order_with_a_note"),),
    ),
    Mutation(
        22,
        "the count of what is missing",
        (lib("continuity", "    if (missing.length > 0) return missing;\n", ""),),
        (
            messages("messages_dropped_in_the_middle_leave_a_hole_with_their_count"),
            messages("messages_dropped_at_the_beginning_leave_a_hole"),
        ),
    ),
    Mutation(
        22,
        "what the other side says it has seen",
        (
            lib(
                "continuity",
                "    this.#reach = counter;\n    return missing;\n",
                "    this.#reach = counter;\n    return [];\n",
            ),
        ),
        (messages("a_tail_cut_off_is_said_as_soon_as_the_other_side_has_answered_to_it"),),
    ),
    Mutation(
        23,
        "the sender's own time",
        (
            Edit(
                "static/js/elements/sotto-message.js",
                "opened.failure === null && opened.envelope !== null ? opened.envelope.time :",
                "opened === null ? 0 :",
            ),
        ),
        (messages("another_time_of_the_servers_changes_nothing_but_is_marked"),),
    ),
    Mutation(
        23,
        "the mark beside a time that differs",
        (lib("clocks", "const CLOCKS_DIFFER = 5 * 60 * 1000;", "const CLOCKS_DIFFER = Infinity;"),),
        (
            messages("another_time_of_the_servers_changes_nothing_but_is_marked"),
            messages("a_false_time_of_the_senders_is_shown_and_marked_too"),
        ),
    ),
    Mutation(
        24,
        "that a deletion is said",
        (
            lib(
                "integrity",
                "    return [deleted(count)];\n",
                "    return count < 0 ? [deleted(0)] : [];\n",
            ),
        ),
        (messages("a_deletion_that_nobody_asked_for_is_said"),),
    ),
    Mutation(
        24,
        "that a message was removed before its time",
        (lib("opener", "DELETED_EARLY) ? DISAPPEARED : REMOVED;", "DELETED_EARLY) ? DISAPPEARED : SPENT;"),),
        (messages("a_message_that_the_server_has_removed_is_said_to_be_and_keeps_its_place"),),
    ),
    Mutation(
        25,
        "the doubt about two messages under one number",
        (
            lib(
                "continuity",
                "    return [known.shown ? this.#notes.twice() :",
                "    return [known.shown ? this.#notes.detached() :",
            ),
        ),
        (messages("two_messages_of_one_sender_under_one_number_are_said"),),
    ),
    Mutation(
        26,
        "the randomness of nonces",
        (
            crypto(
                "aead",
                "const nonce = randomBytes(NONCE_BYTES);",
                "const nonce = randomBytes(NONCE_BYTES).fill(0, 1);",
            ),
        ),
        (messages("no_nonce_comes_twice_in_a_million"),),
    ),
    Mutation(
        26,
        "that each message has a nonce of its own",
        (
            crypto(
                "aead",
                "const nonce = randomBytes(NONCE_BYTES);",
                "const nonce = new Uint8Array(NONCE_BYTES);",
            ),
        ),
        (messages("two_tabs_and_a_restored_browser_use_no_key_and_nonce_twice"),),
    ),
    Mutation(
        27,
        "the padding to few sizes",
        (
            crypto("padding", "Object.freeze([256, 1_024,", "Object.freeze([128, 256, 1_024,"),
            Edit("keys/protocol/content.py", "BUCKETS = (256,", "BUCKETS = (128, 256,"),
        ),
        (messages("sizes_on_the_wire_show_only_the_bucket"),),
    ),
    Mutation(
        28,
        "that a link gives nothing away",
        (lib("links", 'anchor.rel = "noopener noreferrer";', 'anchor.rel = "opener";'),),
        (messages("a_link_causes_no_request_until_it_is_clicked_and_then_tells_nothing"),),
    ),
    Mutation(
        29,
        "the integrity of modules",
        (
            Edit(
                "chatproject/security.py",
                'INTEGRITY_POLICY = "blocked-destinations=(script)"',
                'INTEGRITY_POLICY = "blocked-destinations=()"',
            ),
        ),
        (web("a_module_that_is_not_in_the_map_is_not_run"),),
    ),
    Mutation(
        29,
        "the policy for scripts",
        (
            Edit(
                "chatproject/security.py",
                '"script-src": [CSP.NONCE, CSP.STRICT_DYNAMIC, CSP.WASM_UNSAFE_EVAL],',
                '"script-src": ["*", CSP.UNSAFE_INLINE, CSP.WASM_UNSAFE_EVAL],',
            ),
        ),
        (SLIPPED_IN,),
    ),
    Mutation(
        29,
        "that one stays within the site",
        (
            lib(
                "page",
                'return ours ? url.pathname + url.search + url.hash : "/messages/";',
                "return ours ? url.pathname : url.href;",
            ),
        ),
        (web("the_server_cannot_lead_out_of_the_site_after_signing_in"),),
    ),
    Mutation(
        30,
        "that the browser forgets what it has stored",
        (
            Edit(
                "accounts/views.py",
                'response.headers["Clear-Site-Data"] = \'"cache", "storage"\'',
                'response.headers["X-Nothing"] = "1"',
            ),
        ),
        (web("after_signing_out_the_back_button_a_second_tab_and_the_store_hold_nothing"),),
    ),
    Mutation(
        31,
        "the salt that stays",
        (
            Edit(
                "accounts/prelogin.py",
                "KdfParameters.default(fake_salt(settings.SECRET_KEY.encode(), normalise_name(login)))",
                "KdfParameters.default()",
            ),
        ),
        (
            network("a_thousand_known_and_a_thousand_unknown_names_get_the_same_answers_after_the_same_work"),
            network("a_known_name_an_unknown_one_and_one_without_a_password_cost_the_same_hashing"),
        ),
    ),
    Mutation(
        32,
        "the token against cross-site posts",
        (Edit("chatproject/settings.py", '    "django.middleware.csrf.CsrfViewMiddleware",\n', ""),),
        (addresses("a_post_from_another_site_changes_nothing"),),
    ),
    Mutation(
        33,
        "the limits",
        (Edit("chatproject/limits.py", "        if number > self.most:\n", "        if number < 0:\n"),),
        (
            network("a_flood_of_sign_ins_is_limited_and_the_person_gets_in_from_elsewhere"),
            network("a_flood_of_first_contacts_is_limited_and_others_can_still_write_to_its_target"),
            network("a_flood_of_key_look_ups_is_limited_and_others_can_still_look"),
        ),
    ),
    Mutation(
        33,
        "that each is counted apart",
        (
            Edit(
                "chatproject/limits.py",
                '{sha256(str(who).encode()).hexdigest()}"',
                '{sha256(b"").hexdigest()}"',
            ),
        ),
        (
            network("a_flood_of_sign_ins_is_limited_and_the_person_gets_in_from_elsewhere"),
            network("every_limit_is_counted_for_each_person_or_address_apart"),
        ),
    ),
    Mutation(
        34,
        "that what somebody blocked writes is withheld",
        (
            Edit(
                "messaging/reading.py",
                "    return Q(withheld=False) | Q(sender=reader)\n",
                "    return Q()\n",
            ),
        ),
        (network("nothing_that_somebody_blocked_writes_reaches_who_blocked_them_then_or_later"),),
    ),
    Mutation(
        34,
        "that it is answered like everything",
        (
            Edit(
                "messaging/views.py",
                "201 if sent.stored else 200",
                "201 if sent.stored and not sent.withheld else 200",
            ),
        ),
        (network("somebody_who_is_blocked_finds_every_page_and_answer_as_before"),),
    ),
    Mutation(
        35,
        "that an edit or a deletion is of its own sender's message",
        (
            lib(
                "amendments",
                "    const target = this.#targets[`${mine}`].get(nameOf(content.target));\n    const notes",
                "    const [own, other] = [mine, !mine].map((side) => this.#targets[`${side}`].get(nameOf(content.target)));\n"
                "    const target = own ?? other;\n    const notes",
            ),
        ),
        (kinds("what_somebody_wrote_is_neither_edited_nor_deleted_by_the_other"),),
    ),
    Mutation(
        36,
        "that a message which is revealed is there for the reporter",
        (Edit("messaging/revealing.py", "    if len(found) != len(texts):\n", "    if False:\n"),),
        (reports("a_report_shows_no_message_that_its_reporter_has_not_got"),),
    ),
    Mutation(
        36,
        "that the server says whose it is",
        (Edit("messaging/revealing.py", "message.sender_id == reporter", "False"),),
        (reports("who_wrote_a_message_and_when_is_not_the_reporters_to_say"),),
    ),
]
