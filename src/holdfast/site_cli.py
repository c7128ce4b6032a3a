"""``holdfast site``: the site's own commands, where its packages are installed. The library knows no more of it."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec

import click

from holdfast.errors import UsageError
from holdfast.shell import CALLED

NEEDED = ("django", "csp", "cryptography", "pyotp", "segno", "waitress", "webauthn", "whitenoise")
HOW = "The site needs a few more packages. To get them: pip install 'holdfast[site]'"


class SiteGroup(click.Group):
    """Loads the site's commands when somebody asks for one."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(self._loaded()) if is_installed() else []

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        return self._loaded().get(name)

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        if not is_installed():
            formatter.write(f"\n{HOW}\n")

    def _loaded(self) -> dict[str, click.Command]:
        """The site's commands.

        Raises
        ------
        UsageError
            If its packages are not installed; it says how to get them.
        """
        if not is_installed():
            raise UsageError(HOW)
        found: dict[str, click.Command] = {
            command.name or "": command for command in import_module("holdfast_site.cli").COMMANDS
        }
        return found


def is_installed() -> bool:
    """Say whether everything is there that the site needs."""
    return all(find_spec(name) is not None for name in NEEDED)


@click.group(
    cls=SiteGroup, help=f"Check-ins by link, on a computer of your own. To look at it: {CALLED} site serve --demo"
)
def site() -> None:
    """Loads nothing of the site before one of its commands is asked for."""
