"""Build a migrations folder that holds one revision more than the product's newest."""

import shutil
import textwrap
from pathlib import Path

from webapp.store import migrate

HEADER = """
from alembic import op
import sqlalchemy as sa

revision, down_revision = {revision!r}, {newest!r}

def upgrade():
"""


def scripts_with(folder: Path, revision: str, upgrade: str) -> Path:
    """Copy the product's migrations and add `revision`, whose upgrade runs these statements."""
    scripts = folder / "migrations"
    shutil.copytree(migrate.SCRIPTS, scripts)
    header = HEADER.format(revision=revision, newest=migrate.newest())
    body = textwrap.indent(textwrap.dedent(upgrade), "    ")
    (scripts / "versions" / f"{revision}.py").write_text(header + body)
    return scripts
