"""From a session to who is acting. A session ends when nothing was done for half an hour, and after twelve hours."""

from __future__ import annotations

import hmac
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256

from django.conf import settings
from django.contrib.auth import login
from django.contrib.sessions.middleware import SessionMiddleware
from django.db import OperationalError, transaction
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from holdfast_site.access.actors import ANYONE, Actor, Role
from holdfast_site.accounts import changes
from holdfast_site.accounts.browsers import in_words
from holdfast_site.accounts.changes import Change, unknown, way_of
from holdfast_site.accounts.models import Member, Post, Session
from holdfast_site.audit.services import Action, record

POST, BEGAN, PROVED, BROWSER, TOLD = "post", "began", "proved", "browser", "told"
WAY, CHANGED = "way", "changed"
ASKED, WELCOMED = "asked", "welcomed"
FRESH = timedelta(minutes=5)  # how long it counts that somebody has just shown that it is he
ANSWER_WITHIN = timedelta(minutes=5)
ENTER_WITHIN = timedelta(minutes=30)
CLOCK_SET_BACK = timedelta(minutes=1)  # by no more than this is a clock put right in passing
WITHOUT_SESSION = ("/help-now", "/blank")


class Sessions(SessionMiddleware):
    """Django's sessions, except on the pages that are there when everything else is not: they touch no database."""

    def process_response(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        if request.path in WITHOUT_SESSION:
            return response
        changed = request.session.modified
        try:
            return super().process_response(request, response)
        except OperationalError:
            if changed:
                raise
            return response  # a disk that takes nothing: his session is not prolonged, and what he asked for stands


def begin(request: HttpRequest, post: Post, *, way: str = "", now: datetime) -> Actor:
    """Begin a session in one role, under a new id. He has just shown that it is he; ``way``: with which way in."""
    used = way_of(way)
    news = unknown(used) if used else ()
    request.session.flush()
    login(request, post.member)
    request.session[POST] = post.pk
    request.session[BEGAN] = request.session[PROVED] = now.isoformat()
    request.session[BROWSER] = in_words(request.headers.get("User-Agent", ""))
    request.session[WAY] = way
    request.session[CHANGED] = [(one.at.isoformat(), one.words) for one in news]
    return acting_as(post)


def signed_in(request: HttpRequest) -> Actor:
    """Who is acting. Somebody whose post or membership was taken away is nobody from the next request on."""
    if POST not in request.session or not isinstance(request.user, Member):
        return ANYONE
    if not _within(request, BEGAN, timedelta(seconds=settings.MOST_SECONDS), timezone.now()):
        request.session.flush()
        return ANYONE
    post = Post.objects.filter(pk=request.session[POST], member=request.user, member__is_active=True).first()
    return ANYONE if post is None else acting_as(post)


def is_fresh(request: HttpRequest, *, now: datetime) -> bool:
    """Whether he has shown within five minutes that it is he."""
    return _within(request, PROVED, FRESH, now)


def prove(request: HttpRequest, *, now: datetime) -> None:
    """Remember that he has shown it just now, under a new id."""
    request.session.cycle_key()
    request.session[PROVED] = now.isoformat()


# --- what was changed about his ways in ---------------------------------------------------------------


def news(request: HttpRequest) -> Sequence[Change]:
    """What was changed about his ways in before this session, and he has not said that he knows."""
    return [Change(datetime.fromisoformat(at), words) for at, words in request.session.get(CHANGED, ())]


def know(request: HttpRequest, *, by: Actor, now: datetime) -> None:
    """He knows what this session told him."""
    used = way_of(request.session.get(WAY, ""))
    if used is not None and request.session.pop(CHANGED, None):
        changes.know(used, by=by, upto=datetime.fromisoformat(request.session[BEGAN]), now=now)


# --- where somebody is signed in --------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Open:
    """One session that goes on. ``mark`` tells it from the others, and opens nothing."""

    mark: str
    browser: str
    began_at: datetime
    used_at: datetime
    is_this: bool


def open_sessions(request: HttpRequest, member: Member, *, now: datetime) -> Sequence[Open]:
    """Where he is signed in: here first, then what was used last."""
    found = [one for _, one in _open(request, member, now)]
    return sorted(found, key=lambda one: (one.is_this, one.used_at), reverse=True)


@transaction.atomic
def end_one(request: HttpRequest, member: Member, mark: str, *, by: Actor, now: datetime) -> None:
    """End one of his other sessions, if it still goes on."""
    keys = [key for key, one in _open(request, member, now) if one.mark == mark and not one.is_this]
    if Session.objects.filter(member=member, session_key__in=keys).delete()[0]:
        record(Action.SESSIONS_ENDED, by=by, about=f"member:{member.pk}", at=now)


@transaction.atomic
def end_others(member: Member, *, here: str, by: Actor, now: datetime) -> int:
    """End all of his sessions but the one with this key; how many went on."""
    others = Session.objects.filter(member=member).exclude(session_key=here)
    went_on = others.filter(expire_date__gt=now).count()
    if others.delete()[0]:
        record(Action.SESSIONS_ENDED, by=by, about=f"member:{member.pk}", at=now)
    return went_on


def tell(request: HttpRequest, words: str) -> None:
    """Remember what the next page is to say first."""
    request.session[TOLD] = words


def told(request: HttpRequest) -> str:
    """The same, once."""
    return str(request.session.pop(TOLD, ""))


def _open(request: HttpRequest, member: Member, now: datetime) -> Iterator[tuple[str, Open]]:
    for row in Session.objects.filter(member=member, expire_date__gt=now):
        kept = request.session.decode(row.session_data)
        if POST not in kept or not _lasts(kept[BEGAN], timedelta(seconds=settings.MOST_SECONDS), now):
            continue
        yield (
            row.session_key,
            Open(
                mark=hmac.digest(settings.VAULT.derived("sessions"), row.session_key.encode(), sha256).hex()[:32],
                browser=kept[BROWSER],
                began_at=datetime.fromisoformat(kept[BEGAN]),
                used_at=row.expire_date - timedelta(seconds=settings.IDLE_SECONDS),
                is_this=row.session_key == request.session.session_key,
            ),
        )


# --- on the way in ----------------------------------------------------------------------------------


def remember_asked(request: HttpRequest, purpose: str, challenge: bytes, *, now: datetime) -> None:
    """Remember what a browser was asked to sign. Only the last one counts."""
    request.session[ASKED] = [purpose, challenge.hex(), now.isoformat()]


def asked(request: HttpRequest, purpose: str, *, now: datetime) -> bytes | None:
    """What it was asked for this purpose, once, and not later than five minutes after."""
    kept, challenge, at = request.session.pop(ASKED, ["", "", now.isoformat()])
    if kept != purpose or not -CLOCK_SET_BACK <= now - datetime.fromisoformat(at) <= ANSWER_WITHIN:
        return None
    return bytes.fromhex(challenge)


def remember(request: HttpRequest, what: str, pk: int, *, now: datetime) -> None:
    """Remember whom somebody on the way in has shown to be (``PROVEN``), or which welcome is his (``WELCOMED``)."""
    request.session.cycle_key()
    request.session[what], request.session[f"{what}_at"] = pk, now.isoformat()


def remembered(request: HttpRequest, what: str, *, now: datetime) -> int | None:
    """The same, for half an hour."""
    return request.session[what] if _within(request, f"{what}_at", ENTER_WITHIN, now) else None


def _within(request: HttpRequest, what: str, most: timedelta, now: datetime) -> bool:
    """Whether something in the session is no older. After a clock was set back nothing counts: it could be any age."""
    return what in request.session and _lasts(request.session[what], most, now)


def _lasts(since: str, most: timedelta, now: datetime) -> bool:
    return -CLOCK_SET_BACK <= now - datetime.fromisoformat(since) <= most


def acting_as(post: Post) -> Actor:
    """Somebody in one of his roles."""
    return Actor(Role(post.role), id=str(post.member_id), therapist_id=post.therapist_id, client_id=post.client_id)
