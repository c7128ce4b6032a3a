"""Where sessions are kept: Django's own table of them, which also says whose each is."""

from __future__ import annotations

from typing import Any, cast

from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore as DatabaseStore

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
