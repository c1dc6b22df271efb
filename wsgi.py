"""For any WSGI server: `gunicorn wsgi:app`. The settings come from the environment."""

from webapp.app import create_app
from webapp.config.current import in_force

app = create_app(in_force())
