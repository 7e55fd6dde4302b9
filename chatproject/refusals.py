"""How a verb says no: one exception, which the HTTP layer turns into the answer that docs/http.md describes."""

from typing import Any

# When to try again, if nobody knows how long it will take.
RETRY_SECONDS = 5


class Refusal(Exception):
    """Something is not done, for a reason that the person or the program in front of them can act on.

    `code` is stable (docs/http.md), `message` a sentence for the person, `status` the HTTP status, `field` the field it is
    about, `extra` what the client needs to go on. Whoever raises it leaves nothing stored.
    """

    def __init__(
        self,
        code: str,
        message: str,
        *,
        status: int = 400,
        field: str | None = None,
        extra: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(message)
        self.code, self.message, self.status, self.field = code, message, status, field
        self.extra = extra or {}

    def body(self) -> dict[str, Any]:
        """The JSON object of the error answer."""
        found: dict[str, Any] = {"code": self.code, "message": self.message, **self.extra}
        if self.field:
            found["field"] = self.field
        return found


def not_found() -> Refusal:
    """The one answer for what does not exist and for what is not this person's."""
    return Refusal("not_found", "There is no such thing here.", status=404)


def unavailable() -> Refusal:
    """The database does not answer."""
    message = "Sotto cannot reach its database just now. Nothing was stored; try again."
    return Refusal("unavailable", message, status=503, extra={"retry_after": RETRY_SECONDS})


def wrong_password() -> Refusal:
    """The password that should have been shown is another."""
    return Refusal("wrong_password", "The password is not right.", status=403, field="secret")


def signed_out(*, suspended: bool = False) -> Refusal:
    """The session is missing or has ended; `suspended`: because its person was suspended."""
    message = "Your account is suspended." if suspended else "You are signed out. Sign in again to go on."
    return Refusal("signed_out", message, status=401)
