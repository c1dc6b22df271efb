"""For any WSGI server: `gunicorn wsgi:app`. Reads the settings from the environment."""

from webapp.app import create_app
from webapp.settings import Settings

app = create_app(Settings.from_environment())
