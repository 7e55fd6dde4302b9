"""One's own account as a whole: its deletion. Here, since it reaches into every app."""

from django.http import HttpRequest, HttpResponse

from accounts.views import SECRET_LENGTH
from chatproject import limits
from chatproject.api import Body, person_id, post_json, respond, text_field
from messaging.leaving import delete_account


@post_json(1024)
def delete(request: HttpRequest, body: Body) -> HttpResponse:
    """Delete my account, and have the browser forget what it kept."""
    me = person_id(request)
    limits.SECRET.count(me)
    delete_account(user_id=me, secret=text_field(body, "secret", longest=SECRET_LENGTH))
    request.session.flush()
    response = respond({})
    response.headers["Clear-Site-Data"] = '"cache", "storage"'
    return response
