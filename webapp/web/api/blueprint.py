"""The blueprint of the API, with its answers to errors."""

from __future__ import annotations

from flask import Blueprint

from webapp.domain.errors import StepError
from webapp.web.api.authentication import add_rate_limit_headers
from webapp.web.api.problems import Problem, handle_problem, handle_step_error

PREFIX = "/api/v1"

blueprint = Blueprint("api", __name__, url_prefix=PREFIX)
blueprint.register_error_handler(Problem, handle_problem)
blueprint.register_error_handler(StepError, handle_step_error)
blueprint.after_app_request(add_rate_limit_headers)
