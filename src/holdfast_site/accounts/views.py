"""Signing in and out, showing once more that it is he, and the first way in."""

from __future__ import annotations

from uuid import uuid4

from django.conf import settings
from django.contrib.auth import logout, update_session_auth_hash
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext

from holdfast_site.access.actors import Role
from holdfast_site.access.gate import ActingRequest
from holdfast_site.access.places import PLACES, first_place
from holdfast_site.accounts import codes, mailboxes, passkeys, services, sessions
from holdfast_site.accounts.changes import LATELY, WayIn, changes, mark_of
from holdfast_site.accounts.forms import AddressForm, CodeAppForm, CodeForm, PasswordForm, SignInForm
from holdfast_site.accounts.models import CodeApp, Member, PaperCode, Post, Welcome
from holdfast_site.accounts.page import ended_in_words, heard_of, square, words_of
from holdfast_site.accounts.store import PROVEN
from holdfast_site.audit.services import Action, note_reading

UNREADABLE = 422
SHOW, MAKE = "show", "make"  # what a browser can be asked with a passkey
SECRET = "secret"  # noqa: S105 - the name under which the session keeps one
AFTER, BEFORE = "phone", "before"  # what a client gets on his phone, in the demo


def sign_in(request: ActingRequest) -> HttpResponse:
    """Ask who it is: a passkey, or a name with a password and a code. Whoever is in already is led on."""
    role = sessions.signed_in(request).role
    if request.method != "POST" and role in PLACES:
        return redirect(first_place(role))
    form, now = SignInForm(request.POST if request.method == "POST" else None), timezone.now()
    if not form.is_valid():
        return _sign_in_page(request, wrong=form.is_bound)
    told = form.cleaned_data
    member = services.who_knows(
        told["login"], told["password"], told["code"], address=request.META["REMOTE_ADDR"], now=now
    )
    if member is None:
        return _sign_in_page(request, wrong=True)
    return _enter(request, member, CodeApp.objects.filter(member=member).first())


def sign_in_with_passkey(request: ActingRequest) -> HttpResponse:
    """Take what the browser signed."""
    now = timezone.now()
    challenge = sessions.asked(request, SHOW, now=now)
    passkey = services.who_signed(request.POST.get("credential", ""), challenge, _site(request), now=now)
    return _sign_in_page(request, wrong=True) if passkey is None else _enter(request, passkey.member, passkey)


def ask_to_show(request: ActingRequest) -> HttpResponse:
    """Say to the browser what it is to sign.

    Raises
    ------
    Http404
        If passkeys cannot be had at this address.
    """
    return _ask(request, SHOW, passkeys.asked_to_show(_known_site(request)))


def choose_role(request: ActingRequest) -> HttpResponse:
    """Somebody with two roles says in which one he comes.

    Raises
    ------
    Http404
        For whoever has not just shown who he is, or a role that is not his.
    """
    now = timezone.now()
    proven = sessions.remembered(request, PROVEN, now=now)
    if proven is None:
        raise Http404
    # nosemgrep: past-the-selectors - who has just proven who he is, and has no role yet
    member = get_object_or_404(Member, pk=proven, is_active=True)
    if request.method != "POST":
        return render(request, "accounts/choose_role.html", {"roles": words_of(member)})
    post = services.post_for(member, request.POST.get("role", ""))
    if post is None:
        raise Http404
    way = request.session.get(sessions.WAY, "")
    return redirect(first_place(sessions.begin(request, post, way=way, now=now).role))


def sign_out(request: ActingRequest) -> HttpResponse:
    """End the session."""
    services.signed_out(by=request.actor, now=timezone.now())
    logout(request)
    return redirect("sign_in")


def enter_demo(request: ActingRequest, role: str) -> HttpResponse:
    """Begin a session without a password, or open a check-in as a client would on his phone: only in the demo.

    Raises
    ------
    Http404
        Anywhere else, or for a role that nobody has.
    """
    if settings.SITE.demo and role in (AFTER, BEFORE):
        return _on_his_phone(role)
    post = Post.objects.filter(role=role).order_by("pk").first() if settings.SITE.demo else None
    if post is None:
        raise Http404
    return redirect(first_place(sessions.begin(request, post, now=timezone.now()).role))


def _on_his_phone(which: str) -> HttpResponse:
    from holdfast_site import demo  # a practice that is real never loads it

    if which == AFTER:
        return redirect("checkins:answer", demo.on_his_phone(timezone.now()))
    link = demo.before_his_next(timezone.now())
    if link is None:
        raise Http404
    return redirect("before:ask", link)


def prove(request: ActingRequest) -> HttpResponse:
    """Ask somebody who has signed in to show once more that it is he, then lead on to where he was going."""
    onward = request.POST.get("next") or request.GET.get("next") or ""
    if not url_has_allowed_host_and_scheme(onward, allowed_hosts=None):
        onward = reverse(first_place(request.actor.role))
    if request.method == "POST":
        now = timezone.now()
        if _has_shown(request):
            services.proved_again(by=request.actor, now=now)
            sessions.prove(request, now=now)
            return redirect(onward)  # nosemgrep: led-elsewhere - on this site, see above
    context = {"onward": onward, "wrong": request.method == "POST", "passkeys": _site(request) is not None}
    return render(request, "accounts/prove.html", context, status=UNREADABLE if context["wrong"] else 200)


def _has_shown(request: ActingRequest) -> bool:
    if settings.SITE.demo:  # nobody there has anything to show
        return True
    now, member = timezone.now(), Member.objects.get(pk=request.actor.id)
    if "credential" in request.POST:
        challenge = sessions.asked(request, SHOW, now=now)
        passkey = services.who_signed(request.POST["credential"], challenge, _site(request), now=now)
        return passkey is not None and passkey.member == member
    form = CodeForm(request.POST)
    return form.is_valid() and codes.accepted(member, form.cleaned_data["code"], now=now)


# --- the first way in -------------------------------------------------------------------------------


def welcome(request: ActingRequest, secret: str) -> HttpResponse:
    """Ask for the code that belongs to a link. Without it the link shows nothing.

    Raises
    ------
    Http404
        If there is no such link, or it is over.
    """
    now = timezone.now()
    found = services.welcome_of_link(secret, now=now)
    if found is None:
        raise Http404
    return ask_for_code(request, found)


def ask_for_code(request: ActingRequest, found: Welcome | None) -> HttpResponse:
    """Ask for the code of a welcome, which may not be there: a wrong code and none that is right look the same."""
    form = CodeForm(request.POST if request.method == "POST" else None)
    if form.is_valid() and found is not None and services.fits(found, form.cleaned_data["code"]):
        sessions.remember(request, sessions.WELCOMED, found.pk, now=timezone.now())
        return redirect("way_in")
    wrong = request.method == "POST"
    context = {"wrong": wrong, "is_staff": found is not None and found.post.role != Role.CLIENT}
    return render(request, "accounts/welcome.html", context, status=UNREADABLE if wrong else 200)


def way_in(request: ActingRequest) -> HttpResponse:
    """Offer a passkey first, and a code app beside it."""
    found = _welcomed(request)
    context = {"passkeys": _site(request) is not None, "is_client": found.post.role == Role.CLIENT}
    return render(request, "accounts/way_in.html", context)


def ask_to_make(request: ActingRequest) -> HttpResponse:
    """Say to the browser what passkey it is to make."""
    return _ask(request, MAKE, passkeys.asked_to_make(_welcomed(request).post.member, _known_site(request)))


def way_in_with_passkey(request: ActingRequest) -> HttpResponse:
    """Keep a new passkey, and let him in."""
    found, now = _welcomed(request), timezone.now()
    challenge, answer = sessions.asked(request, MAKE, now=now), request.POST.get("credential", "")
    post = services.make_passkey(found, answer, challenge, _known_site(request), now=now)
    if post is None:
        context = {"passkeys": True, "is_client": found.post.role == Role.CLIENT, "wrong": True}
        return render(request, "accounts/way_in.html", context, status=UNREADABLE)
    return redirect(first_place(sessions.begin(request, _renewed(post), now=now).role))


def way_in_with_code(request: ActingRequest) -> HttpResponse:
    """Set up a code app and a password; show the codes on paper, once."""
    found, now = _welcomed(request), timezone.now()
    secret = request.session.setdefault(SECRET, codes.new_secret())
    form = CodeAppForm(request.POST if request.method == "POST" else None)
    on_paper = None
    if form.is_valid():
        told = form.cleaned_data
        on_paper = services.make_code_app(found, told["password"], secret, told["code"], now=now)
    if on_paper is None:
        address = codes.address_of(secret, login=found.post.member.login, host=settings.SITE.host)
        context = {"form": form, "login": found.post.member.login, "secret": secret, "address": address}
        context |= {"square": square(address), "wrong_code": form.is_bound and not form.errors}
        return render(request, "accounts/way_in_code.html", context, status=UNREADABLE if form.is_bound else 200)
    actor = sessions.begin(request, _renewed(found.post), now=now)
    context = {"codes": on_paper, "login": found.post.member.login, "onward": reverse(first_place(actor.role))}
    return render(request, "accounts/paper_codes.html", context)


# --- more ways in -----------------------------------------------------------------------------------


def ways(request: ActingRequest) -> HttpResponse:
    """What he signs in with, and where he is signed in."""
    return _ways_page(request)


def ask_to_add(request: ActingRequest) -> HttpResponse:
    """Say to the browser what one more passkey it is to make."""
    return _ask(request, MAKE, passkeys.asked_to_make(_himself(request), _known_site(request)))


def add_passkey(request: ActingRequest) -> HttpResponse:
    """Keep one more passkey."""
    now = timezone.now()
    ended = services.add_passkey(
        by=request.actor,
        member=_himself(request),
        answer=request.POST.get("credential", ""),
        challenge=sessions.asked(request, MAKE, now=now),
        site=_known_site(request),
        here=_here(request),
        now=now,
    )
    if ended is None:
        return _ways_page(request, wrong=gettext("That did not work. Try again."))
    return _changed(request, gettext("The passkey is made."), ended)


def remove_passkey(request: ActingRequest, passkey: int) -> HttpResponse:
    """Take one of his passkeys away."""
    member, here = _himself(request), _here(request)
    ended = services.remove_passkey(by=request.actor, member=member, passkey_id=passkey, here=here, now=timezone.now())
    if ended is None:
        return _ways_page(request, wrong=gettext("This is your only way in. Make another one first."))
    return _changed(request, gettext("The passkey is removed."), ended)


def change_password(request: ActingRequest) -> HttpResponse:
    """Change the password that goes with a code app. The current one is asked for.

    Raises
    ------
    Http404
        If he has none.
    """
    member = get_object_or_404(Member, pk=request.actor.id, code_app__isnull=False)
    form = PasswordForm(request.POST if request.method == "POST" else None)
    ended, told = None, form.cleaned_data if form.is_valid() else None
    if told is not None:
        here, now = _here(request), timezone.now()
        ended = services.change_password(
            by=request.actor, member=member, current=told["current"], new=told["new"], here=here, now=now
        )
    if ended is None:
        context = {"form": form, "login": member.login, "wrong": form.is_bound and not form.errors}
        return render(request, "accounts/password.html", context, status=UNREADABLE if form.is_bound else 200)
    update_session_auth_hash(request, _himself(request))
    return _changed(request, gettext("The password is changed."), ended)


def mailbox(request: ActingRequest) -> HttpResponse:
    """Where he hears by mail that something is waiting: enter an address, show that it is his own, take it away.

    Raises
    ------
    Http404
        If it is nothing that the page offers.
    """
    if request.method != "POST":
        return _mailbox_page(request)
    acts = {"enter": _enter_address, "confirm": _confirm_address, "remove": _remove_address}
    if request.POST.get("do") not in acts:
        raise Http404
    wrong = acts[request.POST["do"]](request)
    return _mailbox_page(request, wrong=wrong) if wrong else redirect("mailbox")


def _enter_address(request: ActingRequest) -> str:
    form = AddressForm(request.POST)
    if not settings.SITE.sends_mail or not form.is_valid():
        return gettext("This is no mail address. Nothing was saved.")
    told = form.cleaned_data
    entered = mailboxes.enter(
        by=request.actor, member=_himself(request), address=told["address"], form=told["form"], now=timezone.now()
    )
    return "" if entered else gettext("That was tried too often just now. Wait a quarter of an hour.")


def _confirm_address(request: ActingRequest) -> str:
    form = CodeForm(request.POST)
    code = form.cleaned_data["code"] if form.is_valid() else ""
    if mailboxes.confirm(by=request.actor, member=_himself(request), code=code, now=timezone.now()):
        return ""
    return gettext("That code does not fit, or is over. After some wrong tries, wait a little before the next.")


def _remove_address(request: ActingRequest) -> str:
    mailboxes.remove(by=request.actor, member=_himself(request), now=timezone.now())
    return ""


def know_changes(request: ActingRequest) -> HttpResponse:
    """He knows what was changed: it is not told again where he signs in like this."""
    sessions.know(request, by=request.actor, now=timezone.now())
    return redirect(first_place(request.actor.role))


def end_session(request: ActingRequest, mark: str) -> HttpResponse:
    """Sign him out on one other device. What is over already stays so."""
    sessions.end_one(request, _himself(request), mark, by=request.actor, now=timezone.now())
    return redirect("ways")


def end_others(request: ActingRequest) -> HttpResponse:
    """Sign him out everywhere but here."""
    ended = sessions.end_others(_himself(request), here=_here(request), by=request.actor, now=timezone.now())
    return _changed(request, "Done.", ended)


def _himself(request: ActingRequest) -> Member:
    return Member.objects.get(pk=request.actor.id)


def _here(request: ActingRequest) -> str:
    return request.session.session_key or ""


def _changed(request: ActingRequest, what: str, ended: int) -> HttpResponse:
    sessions.tell(request, f"{what} {ended_in_words(ended)}")
    return redirect("ways")


def _ways_page(request: ActingRequest, *, wrong: str = "") -> HttpResponse:
    member = _himself(request)
    context = {
        "open": sessions.open_sessions(request, member, now=timezone.now()),
        "told": sessions.told(request),
        "known": member.passkeys.order_by("pk"),
        "code_app": CodeApp.objects.filter(member=member).first(),
        "paper": PaperCode.objects.filter(member=member, used_at__isnull=True).count(),
        "passkeys": _site(request) is not None,
        "home": first_place(request.actor.role),
        "is_staff": request.actor.role is not Role.CLIENT,
        "changes": changes(member, since=timezone.now() - LATELY),
        "wrong": wrong,
    }
    return render(request, "accounts/ways.html", context, status=UNREADABLE if wrong else 200)


def _mailbox_page(request: ActingRequest, *, wrong: str = "") -> HttpResponse:
    now, member, site = timezone.now(), _himself(request), settings.SITE
    note_reading(Action.MAILBOX_READ, by=request.actor, about=f"member:{member.pk}", now=now)
    known = mailboxes.mailbox_of(member)
    context = {
        "mailbox": known,
        "address": mailboxes.address_of(known) if known else "",
        "waits_for_code": known is not None and mailboxes.waits_for_code(known, now=now),
        "sends_mail": site.sends_mail,
        "heard_of": heard_of(member),
        "hours": {"from": site.staff_mail_from, "until": site.staff_mail_until, "every": site.staff_mail_every},
        "form": uuid4(),
        "typed": request.POST.get("address", ""),
        "wrong": wrong,
    }
    return render(request, "accounts/mailbox.html", context, status=UNREADABLE if wrong else 200)


# --- what they share --------------------------------------------------------------------------------


def _enter(request: ActingRequest, member: Member, way_in: WayIn | None) -> HttpResponse:
    """Begin the session of whoever has shown who he is; with two roles he says first in which."""
    now, posts = timezone.now(), list(Post.objects.filter(member=member).select_related("member")[:2])
    way = mark_of(way_in)
    if len(posts) == 1:
        return redirect(first_place(sessions.begin(request, posts[0], way=way, now=now).role))
    request.session.flush()  # whoever was signed in here is not any more
    sessions.remember(request, PROVEN, member.pk, now=now)
    request.session[sessions.WAY] = way
    return redirect("choose_role")


def _welcomed(request: HttpRequest) -> Welcome:
    now = timezone.now()
    pk = sessions.remembered(request, sessions.WELCOMED, now=now)
    found = None if pk is None else services.welcome_by_id(pk, now=now)
    if found is None:
        raise Http404
    return found


def _renewed(post: Post) -> Post:
    """The post as it stands on disk now: what he signs in with has just changed."""
    return Post.objects.select_related("member").get(pk=post.pk)


def _ask(request: ActingRequest, purpose: str, what: passkeys.Asked) -> HttpResponse:
    sessions.remember_asked(request, purpose, what.challenge, now=timezone.now())
    return HttpResponse(what.options, content_type="application/json")


def _site(request: HttpRequest) -> passkeys.Site | None:
    """The site that passkeys are for: the practice's address; on the machine itself whatever name was typed."""
    return passkeys.site_at(f"http://{request.get_host()}" if settings.SITE.is_local else settings.SITE.address)


def _known_site(request: HttpRequest) -> passkeys.Site:
    site = _site(request)
    if site is None:
        raise Http404
    return site


def _sign_in_page(request: ActingRequest, *, wrong: bool) -> HttpResponse:
    context = {"wrong": wrong, "passkeys": _site(request) is not None}
    return render(request, "accounts/sign_in.html", context, status=UNREADABLE if wrong else 200)
