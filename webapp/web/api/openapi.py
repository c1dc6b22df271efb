"""Build the OpenAPI 3.1 document of the API from its views and pydantic's JSON Schemas."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import Any

from flask import Flask
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema
from werkzeug.routing import Rule

from webapp import __version__
from webapp.web.api.blueprint import PREFIX, blueprint
from webapp.web.api.operations import COMMON, Operation
from webapp.web.api.output_models import ProblemBody

_VERSION = "3.1.0"
_REFERENCE = "#/components/schemas/{model}"
_JSON, _PROBLEM = "application/json", "application/problem+json"
#: The media type of a file is known when it is sent; generators of clients know this one.
_ANY = "application/octet-stream"
_DESCRIPTION = (
    "Start identity verifications and learn how they ended. Changes inside v1 only add: accept"
    " fields and words that you do not know. Times are RFC 3339 in UTC."
)
_ID = {"type": "string", "format": "uuid"}
_IDEMPOTENCY_KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "Repeats with the same key and body get the first answer, for 24 hours.",
    "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$"},
}
_HEADERS = {
    "Request-Id": {"schema": {"type": "string"}},
    "RateLimit": {"schema": {"type": "string"}},
    "RateLimit-Policy": {"schema": {"type": "string"}},
}


def document(app: Flask, public_url: str) -> dict[str, Any]:
    """Return the document of the API of `app`, which browsers reach at `public_url`."""
    views = list(_views(app))
    schemas = _schemas(described for _, _, _, described in views)
    paths: dict[str, dict[str, Any]] = {}
    for rule, method, view, described in views:
        path = re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule.removeprefix(PREFIX))
        paths.setdefault(path, {})[method] = _operation(rule, view, described)
    return {
        "openapi": _VERSION,
        "info": {"title": "mobbscan-embed", "version": __version__, "description": _DESCRIPTION},
        "servers": [{"url": f"{public_url}{PREFIX}"}],
        "security": [{"api_key": []}],
        "paths": dict(sorted(paths.items())),
        "components": {
            "schemas": schemas,
            "securitySchemes": {
                "api_key": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "A key of your site, made by the operator of this server.",
                }
            },
        },
    }


def _views(app: Flask) -> Iterable[tuple[Rule, str, Any, Operation]]:
    for rule in app.url_map.iter_rules():
        view = app.view_functions[rule.endpoint]
        described = getattr(view, "operation", None)
        if not rule.endpoint.startswith(f"{blueprint.name}.") or described is None:
            continue
        for method in sorted((rule.methods or set()) - {"HEAD"}):
            yield rule, method.lower(), view, described


def _schemas(operations: Iterable[Operation]) -> dict[str, Any]:
    outputs: set[type[BaseModel]] = {ProblemBody}
    inputs: set[type[BaseModel]] = set()
    for each in operations:
        outputs |= set(each.answers.values())
        inputs |= {each.body} if each.body else set()
    pairs = [(model, "serialization") for model in outputs]
    pairs += [(model, "validation") for model in inputs]
    _, schemas = models_json_schema(pairs, ref_template=_REFERENCE)  # type: ignore[arg-type]
    return dict(sorted(schemas["$defs"].items()))


def _operation(rule: Rule, view: Any, described: Operation) -> dict[str, Any]:
    text = " ".join((view.__doc__ or "").split())
    operation: dict[str, Any] = {
        "operationId": described.id,
        "summary": described.summary,
        "description": f"{text} Needs the scope `{view.scope}`.".strip(),
        "tags": [described.tag],
        "parameters": [*_path_parameters(rule, described), *_query_parameters(described)],
        "responses": _responses(described),
    }
    if described.is_idempotent:
        operation["parameters"].append(_IDEMPOTENCY_KEY)
    if described.body is not None:
        operation["requestBody"] = {
            "required": described.is_body_required,
            "content": {_JSON: {"schema": _reference(described.body)}},
        }
    return operation


def _path_parameters(rule: Rule, described: Operation) -> list[dict[str, Any]]:
    return [
        {
            "name": name,
            "in": "path",
            "required": True,
            "schema": _ID if name.endswith("_id") else {"type": "string", "minLength": 1},
            "description": described.path_descriptions.get(name, "The id of the onboarding."),
        }
        for name in sorted(rule.arguments)
    ]


def _query_parameters(described: Operation) -> list[dict[str, Any]]:
    if described.query is None:
        return []
    schema = described.query.model_json_schema()
    parameters = []
    for name, field in schema.get("properties", {}).items():
        plain = _without_null(field, schema.get("$defs", {}))
        text = plain.pop("description", None)
        plain.pop("title", None)
        parameter = {"name": name, "in": "query", "required": False, "schema": plain}
        parameters.append({**parameter, "description": text} if text else parameter)
    return parameters


def _without_null(field: Mapping[str, Any], definitions: Mapping[str, Any]) -> dict[str, Any]:
    """A parameter that is not given is left out: none is null."""
    plain = {name: value for name, value in field.items() if name not in ("anyOf", "default")}
    if field.get("default") is not None:
        plain["default"] = field["default"]
    for each in field.get("anyOf", ()):
        if each.get("type") != "null":
            plain |= each
    if "$ref" in plain:
        plain |= definitions[plain.pop("$ref").rpartition("/")[2]]
    return plain


def _responses(described: Operation) -> dict[str, Any]:
    answers = {
        str(status): {
            "description": HTTPStatus(status).phrase,
            "headers": _HEADERS,
            "content": {_JSON: {"schema": _reference(model)}},
        }
        for status, model in described.answers.items()
    }
    files = {
        str(status): {
            "description": HTTPStatus(status).phrase,
            "headers": _HEADERS,
            "content": {_ANY: {"schema": {"type": "string", "format": "binary"}}},
        }
        for status in described.file_statuses
    }
    problems = {
        str(status): {
            "description": HTTPStatus(status).phrase,
            "headers": _HEADERS,
            "content": {_PROBLEM: {"schema": _reference(ProblemBody)}},
        }
        for status in sorted({*COMMON, *described.problems})
    }
    return {**answers, **files, **problems}


def _reference(model: type[BaseModel]) -> dict[str, str]:
    return {"$ref": _REFERENCE.format(model=model.__name__)}
