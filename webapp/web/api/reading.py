"""Read body and query of an API call into their models, and name what is wrong with them."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any, TypeVar

from flask import request
from pydantic import BaseModel, ValidationError
from werkzeug.exceptions import RequestEntityTooLarge

from webapp.basics.json_reader import read_strict
from webapp.web.api.problems import FieldError, InvalidInput, Problem
from webapp.web.problem_types import PROBLEM_TYPES

Model = TypeVar("Model", bound=BaseModel)

#: What may be repeated in an answer: a name that a developer has written, not what a person has.
_NAME = re.compile(r"[a-z][a-z_]{0,39}")
#: The most errors of one answer: thousands of unknown names would take long, and fill 500 KB.
MAX_ERRORS = 20
#: Fields whose members are fields of ours too.
_OBJECTS_OF_OUR_FIELDS = ("expected", "personal_data")
_JSON = "application/json"
_PROBLEMS = {
    "missing": "is required",
    "string_type": "must be a text",
    "int_type": "must be a whole number",
    "dict_type": "must be an object",
    "model_type": "must be an object",
    "literal_error": "must be one of {expected}",
    "enum": "must be one of {expected}",
}


def read_body(model: type[Model], *, required: bool = True) -> Model:
    """Return the body. Raises Problem: no JSON, another type, or fields that are not acceptable."""
    body = _whole_body()
    if not body and not required:
        return _validate(model, {})
    if request.mimetype != _JSON:
        raise Problem("unsupported_media_type")
    try:
        given = read_strict(body)
    except ValueError as error:
        fix = PROBLEM_TYPES["malformed_json"].fix
        raise Problem("malformed_json", f"The body cannot be read: {error}. {fix}") from None
    return _validate(model, given)


def read_query(model: type[Model]) -> Model:
    """Return the parameters of the address. Raises InvalidInput."""
    twice = [name for name, values in request.args.lists() if len(values) > 1]
    if twice:
        raise InvalidInput(
            [FieldError(_shown(name), "is given twice") for name in twice[:MAX_ERRORS]]
        )
    return _validate(model, request.args.to_dict())


def _whole_body() -> bytes:
    """Return the body. Raises RequestEntityTooLarge.

    Werkzeug cuts a chunked body off at the limit without an error, and what is left may be read as
    another text than the client's.
    """
    body = request.get_data()
    if request.content_length is None and len(body) >= (request.max_content_length or math.inf):
        raise RequestEntityTooLarge
    return body


def _validate(model: type[Model], given: Mapping[str, object]) -> Model:
    try:
        return model.model_validate(given)
    except ValidationError as error:
        found = error.errors(include_url=False, include_context=True, include_input=False)
        raise InvalidInput([_field_error(model, each) for each in found[:MAX_ERRORS]]) from None


def _field_error(model: type[BaseModel], error: Mapping[str, Any]) -> FieldError:
    """Name the field, never what was sent: pydantic's error holds it and ends here."""
    known = set(model.model_fields)
    names = [str(part) for part in error["loc"]]
    if error["type"] == "extra_forbidden":
        near = get_close_matches(names[-1], known, n=1) if len(names) == 1 else []
        hint = f"; did you mean {near[0]}?" if near else ""
        return FieldError(".".join(map(_shown, names)), f"is not known{hint}")
    # Keys of an object of texts are the client's; a name of ours may follow a name of ours only.
    ours = names[:2] if names and names[0] in _OBJECTS_OF_OUR_FIELDS else names[:1]
    context = error.get("ctx", {})
    expected = str(context.get("expected", "")).replace(" or ", ", ").replace("'", "")
    template = _PROBLEMS.get(error["type"], "is not acceptable")
    text = str(context.get("error") or template.format(expected=expected))
    return FieldError(".".join(ours), text)


def _shown(name: str) -> str:
    return name if _NAME.fullmatch(name) else "(a name that is not repeated here)"
