"""The commands of the silence model: arguments, printing and files, nothing else."""

from __future__ import annotations

import click

COMMANDS: tuple[click.Command, ...] = ()
