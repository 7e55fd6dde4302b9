"""One's own account as a whole: its export and its deletion. Here, since they reach into every app."""

from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse

from accounts.standing import person_with
from accounts.views import SECRET_LENGTH
from chatproject import limits
from chatproject.api import Body, person_id, post_json, respond, text_field
from messaging.exporting import export
from messaging.leaving import delete_account


@post_json(1024)
def delete(request: HttpRequest, body: Body) -> HttpResponse:
    """Delete my account, and have the browser forget what it kept."""
    me = person_id(request)
    limits.SECRET.count(me)
    delete_account(user_id=me, secret=_secret(body))
    request.session.flush()
    response = respond({})
    response.headers["Clear-Site-Data"] = '"cache", "storage"'
    return response


@post_json(1024)
def export_account(request: HttpRequest, body: Body) -> HttpResponseBase:
    """All that the server holds of me, as a file."""
    me = person_id(request)
    limits.SECRET.count(me)
    user = person_with(user_id=me, secret=_secret(body))
    limits.EXPORT.count(me)
    headers = {"Cache-Control": "no-store", "Content-Disposition": 'attachment; filename="sotto-export.json"'}
    return StreamingHttpResponse(export(user), content_type="application/json", headers=headers)


def _secret(body: Body) -> str:
    return text_field(body, "secret", longest=SECRET_LENGTH)
