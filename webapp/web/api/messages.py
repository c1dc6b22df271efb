"""API route of messages: a host site reads those that its receiver has missed."""

from __future__ import annotations

import json

from flask import Response

from webapp.web import request_context
from webapp.web.api import cursors
from webapp.web.api.answers import json_answer
from webapp.web.api.authentication import caller, require_scope
from webapp.web.api.blueprint import blueprint
from webapp.web.api.input_models import MessagesQuery
from webapp.web.api.operations import Operation, operation
from webapp.web.api.output_models import MessagePageBody
from webapp.web.api.reading import read_query


@blueprint.get("/messages")
@require_scope("onboardings")
@operation(
    Operation(
        "list_messages",
        "List the messages about your onboardings, sent or not, in the order of their numbers",
        {200: MessagePageBody},
        query=MessagesQuery,
        tag="Messages",
    )
)
def messages() -> Response:
    """A message is listed within about a second after the change that it reports."""
    query = read_query(MessagesQuery)
    after = 0
    if query.after is not None:
        after = cursors.decode(cursors.MESSAGES, "after", query.after)
    found = request_context.steps().messages.after(caller().site.id, after, query.limit).messages
    last = found[-1].number if found else None
    return json_answer(
        {
            "data": [{"id": each.id, **json.loads(each.body)} for each in found],
            "next_cursor": None if last is None else cursors.encode(cursors.MESSAGES, last),
        }
    )
