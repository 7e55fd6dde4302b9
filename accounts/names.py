"""What a username may be. How names are compared is `passwords.normalise_name`."""

import re
import unicodedata

from django.core.exceptions import ValidationError

MAX_USERNAME_LENGTH = 64
MAX_USERNAME_BYTES = 256

# Words that stand in the same place of an address as a username does.
RESERVED = frozenset({"search", "send", "new"})

# Letters and marks that nobody sees (Unicode: Default_Ignorable_Code_Point, as far as they are letters or marks).
_UNSEEN = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u3164\uffa0") | {
    chr(point) for points in (range(0xFE00, 0xFE10), range(0xE0100, 0xE01F0)) for point in points
}


def validate_username(username: str) -> None:
    """Raise ValidationError with a sentence for the person unless `username` may be one."""
    if not username:
        raise ValidationError("Choose a username.", code="bad_username")
    if len(username) > MAX_USERNAME_LENGTH or len(username.encode()) > MAX_USERNAME_BYTES:
        raise ValidationError(
            f"A username has at most {MAX_USERNAME_LENGTH} characters.", code="bad_username"
        )
    if (
        not all(_is_word(word) for word in re.split("[.-]", username))
        or unicodedata.normalize("NFKC", username) != username
    ):
        raise ValidationError(
            "A username has letters, digits and _, with single dots or hyphens between them.",
            code="bad_username",
        )
    if username.casefold() in RESERVED:
        raise ValidationError(
            "This name is kept for the program itself. Choose another.", code="bad_username"
        )


def _is_word(text: str) -> bool:
    """Whether `text` is letters, digits, marks and _ of any script: no "@", which would make it an e-mail address.

    Not the regular expression `\\w`, which leaves out the vowels of Hindi or Thai and lets unseen letters in.
    """
    kinds = ["L" if character == "_" else unicodedata.category(character) for character in text]
    begins = text != "" and kinds[0][0] in "LN"
    return (
        begins and all(kind[0] in "LN" or kind in {"Mn", "Mc"} for kind in kinds) and _UNSEEN.isdisjoint(text)
    )
