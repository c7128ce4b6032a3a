"""Who somebody is: two identifiers on every clinical screen (H-05)."""

from __future__ import annotations

from collections.abc import Mapping

from django import template
from django.template.context import Context

register = template.Library()


@register.inclusion_tag("_who.html", takes_context=True)
def who(context: Context, client_id: str) -> dict[str, str]:
    """The client's id, and his name where the view found one (``names`` in its context)."""
    names: Mapping[str, str] = context.get("names") or {}
    return {"id": client_id, "name": names.get(client_id, "")}
