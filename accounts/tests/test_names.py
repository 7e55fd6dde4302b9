"""What a username may be."""

import pytest
from django.core.exceptions import ValidationError

from accounts.names import validate_username


@pytest.mark.parametrize(
    "username",
    [
        "alice",
        "Alice_2",
        "a.b-c.d",
        "José",
        "наташа",
        "田中さん",
        "हिन्दी",
        "สวัสดี",
        "தமிழ்",
        "x",
        "_",
        "x" * 64,
        "田" * 64,
    ],
)
def test_words_of_any_script_are_usernames(username: str) -> None:
    validate_username(username)


@pytest.mark.parametrize(
    ("username", "why"),
    [
        ("", "empty"),
        ("x" * 65, "too long"),
        ("a@b", "an @ makes an e-mail address"),
        ("a＠b", "a wide @ is an @ once normalised"),  # noqa: RUF001
        ("a﹫b", "a small @ too"),
        ("a b", "a space"),
        ("a/b", "a slash would be another address"),
        ("a..b", "two dots"),
        (".a", "a dot first"),
        ("a-", "a hyphen last"),
        ("a\nb", "a line break"),
        ("alice\n", "a line break last"),
        ("a\0b", "NUL"),
        ("al\u200bice", "an invisible space"),
        ("al\u202eice", "a change of direction"),
        ("alice\u115f", "a letter that nobody sees"),
        ("\u1160", "nothing but one"),
        ("alice\ufe0f", "a variation that nobody sees"),
        ("a\u034fb", "a joiner that nobody sees"),
        ("\u0301a", "a mark without its letter"),
        ("ａｌｉｃｅ", "wide letters"),  # noqa: RUF001
        ("ﬁnn", "a ligature"),
        ("Jose\u0301", "not composed"),
        ("<b>", "markup"),
        ("search", "a word of the program"),
        ("SEND", "in any case"),
        ("New", "in any case"),
    ],
)
def test_whatever_could_be_taken_for_something_else_is_none(username: str, why: str) -> None:
    with pytest.raises(ValidationError) as refused:
        validate_username(username)
    assert refused.value.code == "bad_username", why
