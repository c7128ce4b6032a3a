"""Members, their first way in, and signing in."""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import BoundedSemaphore

from django.conf import settings
from django.contrib.auth.hashers import check_password, make_password
from django.db import transaction
from django.db.models import F, QuerySet

from holdfast.errors import UsageError
from holdfast_site.access.actors import ANYONE, OPERATOR, Actor, Role
from holdfast_site.accounts import codes, passkeys, tries
from holdfast_site.accounts.models import CodeApp, Member, PaperCode, Passkey, Post, Session, Welcome
from holdfast_site.accounts.sessions import end_others
from holdfast_site.audit.services import Action, record
from holdfast_site.people.models import Client, Therapist

LINK_BYTES, CODE_DIGITS = 32, 8
WELCOME_FOR = timedelta(days=7)
HASHING = BoundedSemaphore(2)  # of the server's four threads
NOBODYS = "!"  # no password's hash: checked against it, every password takes as long and is wrong
MOST_WRONG = 5  # wrong codes, and a welcome is over


@dataclass(frozen=True, slots=True, repr=False)
class Told:
    """A first way in, told once: the link one way, the code another. Nothing of it is stored as it is."""

    link: str
    code: str


def add_member(
    login: str,
    role: Role,
    *,
    therapist_id: str | None = None,
    client: Client | None = None,
    password: str | None = None,
) -> Post:
    """Add somebody in one role. He can sign in once he has a way in of his own."""
    member, _ = Member.objects.get_or_create(login=login, defaults={"password": make_password(password)})
    return Post.objects.create(member=member, role=role, therapist_id=therapist_id, client=client)


@transaction.atomic
def introduce(login: str, role: Role, *, therapist_id: str | None, by: Actor = OPERATOR, now: datetime) -> Told:
    """Add somebody in a role, or make a new way in for somebody who has lost his.

    Raises
    ------
    UsageError
        If there is no such therapist, or the name already acts as another one.
    """
    if therapist_id is not None and not Therapist.objects.filter(pk=therapist_id).exists():
        raise UsageError(f"No therapist has the id {therapist_id}. First: holdfast site load DIR TABLES")
    post = Post.objects.filter(member__login=login, role=role).first()
    if post is not None and post.therapist_id != therapist_id:
        raise UsageError(f"{login} is another therapist here.")
    if post is None:
        post = add_member(login, role, therapist_id=therapist_id)
        record(Action.MEMBER_ADDED, by=by, about=f"post:{post.pk}", at=now)
    return welcome(by=by, post=post, now=now)


# --- the first way in -------------------------------------------------------------------------------


@transaction.atomic
def welcome(*, by: Actor, post: Post, now: datetime) -> Told:
    """Make a link and a code for somebody's first way in. Those made before for the same post are over."""
    Welcome.objects.filter(post=post, used_at__isnull=True).update(expires_at=now)
    told = Told(secrets.token_urlsafe(LINK_BYTES), f"{secrets.randbelow(10**CODE_DIGITS):0{CODE_DIGITS}}")
    link = settings.VAULT.fingerprint_of_link(told.link)
    Welcome.objects.create(post=post, link=link, code=_digest(link, told.code), expires_at=now + WELCOME_FOR)
    record(Action.WELCOME_MADE, by=by, about=_about(post), at=now)
    return told


def end_welcomes(client: Client, *, now: datetime) -> None:
    """End whatever was made for a client and not used. In a transaction."""
    Welcome.objects.filter(post__client=client, used_at__isnull=True, expires_at__gt=now).update(expires_at=now)


def welcome_of_link(link: str, *, now: datetime) -> Welcome | None:
    """The welcome of a link, if it is open. It opens nothing without its code."""
    return _open(now).filter(link=settings.VAULT.fingerprint_of_link(link)).first()


def welcome_of_client(client: Client, *, now: datetime, made_from: datetime | None = None) -> Welcome | None:
    """The open welcome of a client: for somebody who shows in another way that a link of his was sent to him."""
    found = _open(now).filter(post__client=client)
    return (found if made_from is None else found.filter(expires_at__gte=made_from + WELCOME_FOR)).first()


def welcome_by_id(pk: int, *, now: datetime) -> Welcome | None:
    """The same, if it is still open."""
    return _open(now).filter(pk=pk).first()


@transaction.atomic
def fits(welcome: Welcome, code: str) -> bool:
    """Whether the code is right. After five that were not, no code is, however many are tried at once.

    Each try is counted in the database before it is looked at, and taken back if it is right.
    """
    counted = Welcome.objects.filter(pk=welcome.pk, wrong__lt=MOST_WRONG)
    if not counted.update(wrong=F("wrong") + 1):
        return False
    told = "".join(sign for sign in code if sign.isdigit() and sign.isascii())
    if not hmac.compare_digest(_digest(bytes(welcome.link), told), bytes(welcome.code)):
        return False
    Welcome.objects.filter(pk=welcome.pk).update(wrong=F("wrong") - 1)
    return True


def make_passkey(
    welcome: Welcome, answer: str, challenge: bytes | None, site: passkeys.Site, *, now: datetime
) -> Post | None:
    """Use a welcome to make a passkey. None, and the welcome stays open, if what the browser sent is not right."""
    with transaction.atomic():
        made = _use(welcome, now) and passkeys.keep_made(welcome.post.member, answer, challenge, site, now=now)
        if not made:
            transaction.set_rollback(True)
            return None
        record(Action.WAY_IN_MADE, by=ANYONE, about=_about(welcome.post), at=now)
    return welcome.post


def make_code_app(welcome: Welcome, password: str, secret: str, code: str, *, now: datetime) -> Sequence[str] | None:
    """Use a welcome to set a password and a code app; return the codes on paper, or none if the code does not fit."""
    step, hashed = codes.fits(secret, code, now=now), make_password(password)
    if step is None:
        return None
    with transaction.atomic():
        if not _use(welcome, now):
            return None
        Member.objects.filter(pk=welcome.post.member_id).update(password=hashed)
        on_paper = codes.keep_secret(welcome.post.member, secret, step=step, now=now)
        record(Action.WAY_IN_MADE, by=ANYONE, about=_about(welcome.post), at=now)
    return on_paper


@transaction.atomic
def add_passkey(
    *, by: Actor, member: Member, answer: str, challenge: bytes | None, site: passkeys.Site, here: str, now: datetime
) -> int | None:
    """Add one more passkey of somebody who has signed in, such as that of a second computer.

    Returns how many other sessions of his that ended (``here``: the key of this one). None if it was not made.
    """
    if not passkeys.keep_made(member, answer, challenge, site, now=now):
        return None
    record(Action.WAY_IN_MADE, by=by, about=f"member:{member.pk}", at=now)
    return end_others(member, here=here, by=by, now=now)


@transaction.atomic
def remove_passkey(*, by: Actor, member: Member, passkey_id: int, here: str, now: datetime) -> int | None:
    """Take one of his passkeys away, and end his other sessions; how many those were.

    None, and nothing is done, if it is the last way in, also if two are taken away at once.
    """
    Member.objects.select_for_update().get(pk=member.pk)
    others = member.passkeys.exclude(pk=passkey_id)
    if not others.exists() and not CodeApp.objects.filter(member=member).exists():
        return None
    if member.passkeys.filter(pk=passkey_id).delete()[0]:
        record(Action.WAY_IN_TAKEN, by=by, about=f"member:{member.pk}", at=now)
    return end_others(member, here=here, by=by, now=now)


def change_password(*, by: Actor, member: Member, current: str, new: str, here: str, now: datetime) -> int | None:
    """Change the password of somebody who has one and a code app, and end his other sessions; how many those were.

    None, and nothing is done, if the current one is not right, or if it was tried too often just now.
    """
    hashed = _new_hash(member, current, new, now=now)
    if hashed is None:
        return None
    with transaction.atomic():
        if not Member.objects.filter(pk=member.pk, password=member.password).update(password=hashed):
            return None
        record(Action.WAY_IN_CHANGED, by=by, about=f"member:{member.pk}", at=now)
        return end_others(member, here=here, by=by, now=now)


def _new_hash(member: Member, current: str, new: str, *, now: datetime) -> str | None:
    what = f"password of {member.pk}"
    if not HASHING.acquire(blocking=False):
        return None
    try:
        if not tries.begin(what, now=now) or not check_password(current, member.password):
            return None
        tries.was_right(what)
        return make_password(new)
    finally:
        HASHING.release()


def take_ways_in(member: Member) -> None:
    """Take everything away that somebody could sign in with; his open sessions end. In a transaction."""
    Passkey.objects.filter(member=member).delete()
    CodeApp.objects.filter(member=member).delete()
    PaperCode.objects.filter(member=member).delete()
    Session.objects.filter(member=member).delete()
    Member.objects.filter(pk=member.pk).update(password=make_password(None))


def _use(welcome: Welcome, now: datetime) -> bool:
    """Use it up, and with it whatever he could sign in with before: what was lost may be in other hands."""
    if not _open(now).filter(pk=welcome.pk).update(used_at=now):
        return False
    take_ways_in(welcome.post.member)
    return True


def _open(now: datetime) -> QuerySet[Welcome]:
    return Welcome.objects.select_related("post__member").filter(
        used_at__isnull=True, expires_at__gt=now, wrong__lt=MOST_WRONG, post__member__is_active=True
    )


def _about(post: Post) -> str:
    return f"post:{post.pk}" if post.client_id is None else f"client:{post.client_id}"


def _digest(link: bytes, code: str) -> bytes:
    return bytes(settings.VAULT.print_of("welcomes", link + code.encode()))


# --- signing in -------------------------------------------------------------------------------------


def who_knows(login: str, password: str, code: str, *, address: str, now: datetime) -> Member | None:
    """Who signs in with a name, a password and a code; none, whatever it was that was wrong.

    Hashing is slow on purpose. So that many who try at once keep nobody from a page that shows whom to call, only a
    few are looked at at a time; the others try again.
    """
    if not HASHING.acquire(blocking=False):
        return None
    try:
        return _who_knows(login, password, code, address=address, now=now)
    finally:
        HASHING.release()


def _who_knows(login: str, password: str, code: str, *, address: str, now: datetime) -> Member | None:
    what = f"{login} from {tries.household(address)}"
    if not tries.begin(what, now=now):
        return None
    member = Member.objects.filter(login=login, is_active=True).first()
    right = check_password(password, member.password if member else NOBODYS)  # takes as long for nobody
    proven = member if member and right and codes.accepted(member, code, now=now) else None
    if proven is not None:
        tries.was_right(what)
    _tell(proven, tried=member, now=now)
    return proven


def who_signed(answer: str, challenge: bytes | None, site: passkeys.Site | None, *, now: datetime) -> Passkey | None:
    """With which passkey somebody signs in."""
    passkey = None if site is None else passkeys.shown(answer, challenge, site, now=now)
    member = passkey.member if passkey else None
    _tell(member, tried=member, now=now)
    return passkey


def post_for(member: Member, role: str) -> Post | None:
    """His post in one role."""
    return Post.objects.filter(member=member, role=role, member__is_active=True).select_related("member").first()


@transaction.atomic
def proved_again(*, by: Actor, now: datetime) -> None:
    """Tell the audit that somebody showed once more that it is he."""
    record(Action.PROVED_AGAIN, by=by, about=f"member:{by.id}", at=now)


def signed_out(*, by: Actor, now: datetime) -> None:
    """Tell the audit."""
    with transaction.atomic():
        record(Action.SIGNED_OUT, by=by, about=f"member:{by.id}", at=now)


@transaction.atomic
def _tell(proven: Member | None, *, tried: Member | None, now: datetime) -> None:
    about = f"member:{tried.pk}" if tried else "nobody"
    record(Action.SIGNED_IN if proven else Action.NOT_SIGNED_IN, by=ANYONE, about=about, at=now)
