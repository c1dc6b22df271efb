"""Create the Flask application from the settings."""

from __future__ import annotations

from pathlib import Path

from flask import Flask

from webapp import logs, wiring
from webapp.config.settings import Settings
from webapp.observability import observers
from webapp.web.register import register

ROOT = Path(__file__).parent.parent


def create_app(settings: Settings) -> Flask:
    """Create the application. Raises `web.register.UnguardedRoute` for a route without a guard."""
    logs.set_up(settings.log_level)
    app = Flask(
        "webapp",
        root_path=str(ROOT),
        template_folder="templates",
        static_folder="static",
    )
    wired = wiring.build(settings, observers=observers.SERVER)
    app.extensions["settings"] = settings
    app.extensions["steps"] = wired.steps
    app.extensions["wired"] = wired
    register(app)
    return app
