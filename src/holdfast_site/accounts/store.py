"""Where sessions are kept: Django's own table of them, which also says whose each is."""

from __future__ import annotations

from typing import Any, cast

from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends.base import UpdateError
from django.contrib.sessions.backends.db import SessionStore as DatabaseStore
from django.db import OperationalError

from holdfast_site.accounts.models import Session

PROVEN = "proven"  # who has shown that it is he, and has yet to say in which role


class SessionStore(DatabaseStore):
    """Django looks for it under this name."""

    @classmethod
    def get_model_class(cls) -> type[Session]:
        """The table."""
        return Session

    def create_model_instance(self, data: dict[str, Any]) -> Session:
        """One row of it, as it is about to be saved."""
        made = cast(Session, super().create_model_instance(data))
        made.member_id = data.get(SESSION_KEY) or data.get(PROVEN)
        return made

    def save(self, must_create: bool = False) -> None:
        """Keep it. Django takes a disk that takes nothing for a session that was ended meanwhile; it is not the same.

        Raises
        ------
        django.db.OperationalError
            If it could not be written.
        """
        try:
            super().save(must_create)
        except UpdateError as error:
            if isinstance(error.__context__, OperationalError):
                raise error.__context__ from None
            raise
