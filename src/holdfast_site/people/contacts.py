"""How a client may be reached, and what is safe for him: what the sealed ``Contact`` of the database holds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

Channel = Literal["email", "sms", "none"]
Way = Literal["email", "phone"]
WAYS: Mapping[str, Way] = {"email": "email", "sms": "phone"}  # by the channel that he chose: what of his card is used
Wording = Literal["message", "question", "note"]
Line = Annotated[str, Field(max_length=200)]


class ContactCard(BaseModel):
    """Blank is not known. Nothing is sent without a channel that the client chose."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True, hide_input_in_errors=True)

    name: Line = ""
    email: Line = ""
    phone: Line = ""
    channel: Channel = "none"
    safe_from: Annotated[int, Field(ge=0, le=23)] = 8  # o'clock, by his own time
    safe_until: Annotated[int, Field(ge=1, le=24)] = 21
    wording: Wording = "message"  # how what he gets is worded: never what it is about
    timezone: Line = ""  # blank: the practice's
    wishes: Line = ""  # in his own words, such as: never ring the landline

    def typed(self, way: Way) -> str:
        """The address of one way, as somebody typed it."""
        return self.email if way == "email" else self.phone

    @property
    def initials(self) -> str:
        """The first letters of his name; a second sign, beside the id, that it is he."""
        return "".join(word[0] for word in self.name.split())[:3].upper()
