"""Pages to which the `type` of a problem and the `doc` of an element's error lead."""

from __future__ import annotations

import json

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from werkzeug.exceptions import NotFound

from webapp.web import request_context
from webapp.web.element_errors import ELEMENT_ERRORS
from webapp.web.guards import public
from webapp.web.problem_types import PATH, PROBLEM_TYPES

blueprint = Blueprint("problems", __name__)


@blueprint.get(f"{PATH}<code>")
@public
def explain(code: str) -> ResponseReturnValue:
    """Explain the problem in the language of the browser; the example is in English."""
    if code in ELEMENT_ERRORS:
        return _explain_element_error(code)
    found = PROBLEM_TYPES.get(code)
    if found is None:
        raise NotFound
    example = {
        "type": f"{request_context.settings().public_url}{PATH}{code}",
        "title": found.title,
        "status": found.status,
        "detail": found.fix,
        "code": code,
        "request_id": "4d0a1c2b8e9f4a6d9b1c7e3f5a2d8c60",
        **found.members,
    }
    # Translated here: the template's own function takes its texts for HTML.
    return render_template(
        "api/problem.html",
        code=code,
        problem=found,
        title=gettext(found.title),
        fix=gettext(found.fix),
        example=json.dumps(example, indent=2),
    )


def _explain_element_error(code: str) -> str:
    error = ELEMENT_ERRORS[code]
    return render_template(
        "embed/element_error.html",
        code=code,
        retry=error.retry,
        title=gettext(error.title),
        fix=gettext(error.fix),
    )
