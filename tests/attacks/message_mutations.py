"""What is taken out for attacks 18 to 28: on messages, and on the history that they stand in."""

from tests.attacks.mutation import Edit, Mutation, crypto, histories, lib, messages

MESSAGE_MUTATIONS = [
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
        (histories("a_message_replayed_under_a_new_number_is_shown_once"),),
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
        (histories("two_messages_exchanged_are_shown_in_the_senders_own_order_with_a_note"),),
    ),
    Mutation(
        22,
        "the count of what is missing",
        (lib("continuity", "    if (missing.length > 0) return missing;\n", ""),),
        (
            histories("messages_dropped_in_the_middle_leave_a_hole_with_their_count"),
            histories("messages_dropped_at_the_beginning_leave_a_hole"),
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
        (histories("a_tail_cut_off_is_said_as_soon_as_the_other_side_has_answered_to_it"),),
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
        (histories("another_time_of_the_servers_changes_nothing_but_is_marked"),),
    ),
    Mutation(
        23,
        "the mark beside a time that differs",
        (lib("clocks", "const CLOCKS_DIFFER = 5 * 60 * 1000;", "const CLOCKS_DIFFER = Infinity;"),),
        (
            histories("another_time_of_the_servers_changes_nothing_but_is_marked"),
            histories("a_false_time_of_the_senders_is_shown_and_marked_too"),
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
        (histories("a_deletion_that_nobody_asked_for_is_said"),),
    ),
    Mutation(
        24,
        "that a message was removed before its time",
        (lib("opener", "DELETED_EARLY) ? DISAPPEARED : REMOVED;", "DELETED_EARLY) ? DISAPPEARED : SPENT;"),),
        (histories("a_message_that_the_server_has_removed_is_said_to_be_and_keeps_its_place"),),
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
        (histories("two_messages_of_one_sender_under_one_number_are_said"),),
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
]
