"""For any WSGI server: `gunicorn wsgi:app`. The settings come from the environment."""

from webapp.app import create_app
from webapp.config.current import current_settings

app = create_app(current_settings())
