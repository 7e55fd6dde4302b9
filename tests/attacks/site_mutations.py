"""What is taken out for attacks 29 to 36: on pages and the network, and by whoever asks the server."""

from tests.attacks.mutation import Edit, Mutation, addresses, kinds, lib, network, reports, web

SLIPPED_IN = web("what_is_slipped_into_a_page_is_not_run")

SITE_MUTATIONS = [
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
