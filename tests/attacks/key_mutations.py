"""What is taken out for attacks 1 to 17: on passwords, identities, and the keys that two people exchange."""

from tests.attacks.mutation import Edit, Mutation, crypto, exchanged, identities, lib, page, password, peers

WEAKER = password("weaker_or_other_password_parameters_are_refused_before_anything_derived_is_sent")
NOWHERE = password("the_password_the_wrapping_key_and_the_seeds_are_nowhere_but_in_the_browsers_vault")
ANY_BYTE = password("any_byte_of_the_wrapped_seeds_changed_gives_one_same_refusal_and_the_same_requests")
REPLACED = peers("a_pinned_key_replaced_is_asked_about_and_nothing_is_sent_before")
OLDER = identities("an_older_validly_signed_bundle_is_refused")
OUT_OF_CHAIN = identities("another_bundle_of_the_version_seen_and_one_that_breaks_the_chain_are_refused")
SERVERS_KEY = exchanged("a_message_under_a_key_that_the_server_sealed_to_both_is_not_opened")
NOTHING_UNDER_IT = exchanged("nothing_is_sealed_under_a_key_that_the_server_sealed_to_both")
FOR_SOMEBODY_ELSE = exchanged("a_key_for_somebody_else_sealed_anew_is_not_taken_from_them")
WITHOUT_ITS_PARTS = exchanged("a_key_without_its_suite_epoch_or_signature_opens_nothing")
EXCHANGE_SIGNATURE = crypto(
    "exchange", "  await verifySignature(initiator.signing, signedPart(unsigned), exchange.signature);\n", ""
)

KEY_MUTATIONS = [
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
            identities(
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
            identities("other_keys_shown_to_others_for_oneself_are_said_and_nothing_is_sent"),
            identities("other_keys_shown_to_others_for_oneself_are_said_at_the_next_sign_in"),
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
        (identities("other_keys_shown_to_others_for_oneself_are_said_at_the_next_sign_in"),),
    ),
    Mutation(
        12,
        "whose pin it is",
        (crypto("pin", ".fixed(owner, 16).fixed(contact, 16)", ".fixed(owner, 16).fixed(owner, 16)"),),
        (identities("a_pin_of_somebody_else_is_not_taken_for_this_ones"),),
    ),
    Mutation(12, "the signature over the two sealed copies", (EXCHANGE_SIGNATURE,), (WITHOUT_ITS_PARTS,)),
    Mutation(
        12,
        "that an identity belongs to whom it is shown for",
        (lib("pins", "    if (!equal(bundle.userId, this.#peer)) return rolledBack(this.#name);\n", ""),),
        (identities("somebody_elses_identity_is_not_taken_for_the_one_asked_for"),),
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
        (identities("one_persons_conversation_is_not_shown_under_anothers_name"),),
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
        (identities("a_bundle_without_its_suite_version_or_signature_is_refused"),),
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
]
