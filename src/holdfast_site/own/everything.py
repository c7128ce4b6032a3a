"""All that is held about a client, part by part, for his page and for him to take away: what, when, and who may see it.

What is in no part is listed with its reason in ``held``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.conf import settings
from django.db.models import Q, QuerySet
from django.utils.formats import date_format
from django.utils.text import capfirst
from django.utils.timezone import localtime
from django.utils.translation import gettext

from holdfast_site.accounts.models import Assignment, CodeApp, Member, PaperCode, Passkey, Welcome
from holdfast_site.before.models import Knock, WayBack, Word
from holdfast_site.caseload.models import Course, Repair
from holdfast_site.caseload.repairs import done_of
from holdfast_site.checkins.models import Asks, Invitation
from holdfast_site.consents.models import Consent
from holdfast_site.consents.selectors import paused_until
from holdfast_site.emergency.selectors import of_client as openings_of
from holdfast_site.emergency.selectors import until
from holdfast_site.handover.models import Did, Matter, Step, Switch
from holdfast_site.handover.selectors import in_words
from holdfast_site.handover.selectors import said as said_in
from holdfast_site.languages import N_
from holdfast_site.messages.models import Message, Undelivered
from holdfast_site.own.looking import times_in_words, who_looked
from holdfast_site.own.selectors import decided, said
from holdfast_site.own.words import (
    ABOUT,
    BECAME,
    DELIVERY,
    ENDED,
    NEXT,
    NOTICED,
    REACHED,
    SETTLED,
    Line,
    asked_for,
    wish,
)
from holdfast_site.people.models import Appointment, Client, Contact, Ending, Pause, Therapist
from holdfast_site.people.selectors import cards_of
from holdfast_site.people.wishes import wishes_of
from holdfast_site.studies.models import InFile
from holdfast_site.studies.selectors import names

HIS = N_("Nobody at the practice")
THERAPIST = N_("Your therapist")
CARE = N_("Your therapist, and the care contact while there is something to see to")
SCHEDULE = N_(
    "Your therapist, your supervisor if there is one, the care contact for what is to be seen to, the front desk"
)
HOLDERS = {
    "therapist": N_("Your therapist. While they are away, whoever stands in sees what and by when, not your words"),
    "care_contact": N_("The care contact, not your therapist"),
}


@dataclass(frozen=True, slots=True, repr=False)
class Entry:
    """One thing that is held: since when, in words, who may see it, and the same for another program."""

    at: datetime | date | None
    words: str
    sees: str
    data: Mapping[str, Any] = field(default_factory=dict)
    key: str = ""  # which one it is: the same each time


@dataclass(frozen=True, slots=True, repr=False)
class Part:
    """Things of one kind."""

    name: str
    title: str
    entries: Sequence[Entry]

    @property
    def sees(self) -> str:
        """Who may see all of it; blank, if that differs from one to the next."""
        found = {one.sees for one in self.entries}
        return found.pop() if len(found) == 1 else ""


Reads = Callable[[Client], Iterator[Entry]]


def everything(client: Client) -> Sequence[Part]:
    """Every part, also those in which there is nothing."""
    return [Part(name, gettext(title), list(entries(client))) for name, (title, entries) in PARTS.items()]


def as_data(client: Client, *, now: datetime) -> Mapping[str, Any]:
    """The same for another program, in codes. A calculation about him is not in it; that there is one is."""
    return {
        "made_at": now,
        "id": client.pk,
        **{
            part.name: [
                {"date": one.at, "in_words": one.words, "who_may_see": one.sees, **one.data} for one in part.entries
            ]
            for part in everything(client)
        },
        "paused_until": paused_until(client, at=now),
        "early_warning": about_the_calculation(),
    }


def about_the_calculation() -> str:
    """That there is one. What it says is shown to no client (safety rule 8)."""
    if not settings.SITE.early_warning:
        return gettext("This practice does not use it.")
    return gettext(
        "A calculation tells your therapist when a talk with you may be worth it. What it says is not shown to you. "
        "You can leave it."
    )


def _day(of: date | datetime) -> str:
    return date_format(localtime(of) if isinstance(of, datetime) else of, gettext("j F Y"))


# --- what he said -----------------------------------------------------------------------------------


def _answers(client: Client) -> Iterator[Entry]:
    for one in said(client):
        for part in one.parts:
            lines = "; ".join(f"{line.asks}: {line.says}" for line in part.lines)
            data = {"answered_at": one.on, "for": {part.audience.value: [_line(line) for line in part.lines]}}
            yield Entry(one.on, lines, str(part.audience.label), data)


def _line(line: Line) -> Mapping[str, Any]:
    corrected = {"before": line.before, "put_right_at": line.corrected_at} if line.corrected_at else {}
    return {"name": line.name, "question": line.asks, "answer": line.says, **corrected}


def _asked_for(client: Client) -> Iterator[Entry]:
    """Matters with what was done about them, what he said by a link, and his way back."""
    for matter in matters_of(client):
        yield asked(matter)
        yield from steps(matter)
    yield from by_link(client)


def matters_of(client: Client) -> QuerySet[Matter]:
    """What there was to see to for him, the latest first."""
    return Matter.objects.filter(client=client).select_related("client").order_by("-opened_at", "-pk")


def asked(matter: Matter) -> Entry:
    """What there was to see to, with his words."""
    words, told = in_words(said_in(matter))
    lines = [what_was_asked(matter), *told, *([gettext("Your words: %(words)s") % {"words": words}] if words else [])]
    data = {"on": matter.opened_at, "what": matter.kind, "said": [*told, *([words] if words else [])]}
    settled = {"settled": matter.closed_at, "outcome": matter.outcome}
    return Entry(matter.opened_at, ". ".join(lines), gettext(HOLDERS[matter.holder]), data | settled)


def what_was_asked(matter: Matter) -> str:
    """What it was about, without his words."""
    what = asked_for(matter.kind)
    return gettext("You asked %(what)s") % {"what": what} if what else gettext(NOTICED[matter.kind])


def steps(matter: Matter) -> Iterator[Entry]:
    """What was done about it, in order."""
    return (_step(one, gettext(HOLDERS[matter.holder])) for one in matter.steps.order_by("number"))


def by_link(client: Client) -> Iterator[Entry]:
    """What he said by a link, and his way back."""
    for word in Word.objects.filter(invitation__appointment__client=client).order_by("-said_at", "-pk"):
        words = gettext("You said something to your therapist by a link. It stands above")
        yield Entry(word.said_at, words, gettext(THERAPIST), key=f"word/{word.pk}")
    leads = "submission__invitation__appointment__client"
    for door in WayBack.objects.filter(**{leads: client}).select_related("submission").order_by("-pk"):
        words = gettext("You got a link by which you can come back")
        yield Entry(door.submission.answered_at, words, gettext(HIS), key=f"way back/{door.pk}")
    for knock in Knock.objects.filter(**{f"way_back__{leads}": client}).order_by("-at", "-pk"):
        yield Entry(knock.at, gettext("You asked to come back by that link"), gettext(CARE), key=f"knock/{knock.pk}")


def _step(one: Step, sees: str) -> Entry:
    match Did(one.did):
        case Did.TOOK:
            words = gettext("Somebody took it on")
        case Did.PLANNED:
            words = gettext("Next: to %(do)s") % {"do": gettext(NEXT.get(one.what, N_("see to it")))}
            words += ", " + gettext("by %(day)s") % {"day": _day(one.on)} if one.on else ""
        case Did.SETTLED:
            words = gettext("Settled: %(how)s") % {"how": settled(one.what) or gettext("it was seen to")}
    return Entry(one.at, words, sees)


def settled(outcome: str) -> str:
    """What came of it; blank if nothing did yet."""
    return gettext(SETTLED[outcome]) if outcome in SETTLED else ""


def stories(client: Client) -> Iterator[Entry]:
    """What he let go along when he went on with another therapist."""
    for one in Switch.objects.filter(client=client).order_by("-decided_at", "-pk"):
        story = ""
        if one.sealed:
            box = settings.VAULT.client_box(client.pk, client.wrapped_key)
            story = box.open(one.sealed, place=one.place).decode()
        told = gettext("You let nothing go along")
        if story:
            told = gettext("You let this go along: %(story)s") % {"story": story}
        whom = {"new": one.goes_to, "old": one.leaves}
        words = gettext("You went on with %(new)s after %(old)s.") % whom
        sees = gettext("%(new)s, your therapist from then on") % whom
        yield Entry(one.decided_at, f"{words} {told}", sees, {"story": story}, f"switch/{one.pk}")


def _wishes(client: Client) -> Iterator[Entry]:
    sees = gettext("Your therapist, and the lead of the practice to find you one")
    for axis, value in wishes_of(client).items():
        yield Entry(None, f"{gettext(ABOUT[axis])}: {wish(axis, value)}", sees, {"axis": axis, "value": value})


def _decisions(client: Client) -> Iterator[Entry]:
    sees = gettext("Your therapist and your supervisor if there is one; the front desk, whether you want messages")
    for one, called in decided(client):
        about, yes_or_no = str(Consent(one.consent).label), gettext("yes") if one.given else gettext("no")
        until = ", " + gettext("until %(day)s") % {"day": _day(one.until)} if one.until else ""
        study = f" ({called})" if called else ""
        data = {"at": one.at, "about": one.consent, "study": called, "version": one.version, "yes": one.given}
        yield Entry(one.at, f"{about}{study}: {yes_or_no}{until}", sees, data | {"until": one.until})


def _study_files(client: Client) -> Iterator[Entry]:
    """Which files of studies held him, without his name."""
    called, sees = names(), gettext("The lead of the practice, and whoever does the study; neither sees that it is you")
    for one in InFile.objects.filter(client=client).select_related("file").order_by("-file"):
        study = called[str(one.file.study_id)]
        data = {"study": study, "version": one.file.version, "checksum": one.file.checksum}
        yield Entry(one.file.at, gettext("A file for the study %(study)s held you") % {"study": study}, sees, data)


# --- how he is reached, and what was sent -----------------------------------------------------------


def _reached(client: Client) -> Iterator[Entry]:
    contact = Contact.objects.filter(client=client).first()
    sees = gettext("Your therapist, the front desk, the care contact; your supervisor sees your name")
    card = cards_of([client])[client.pk].model_dump() if contact else {}
    for name, value in card.items():
        title = gettext(REACHED.get(name, name))
        told = gettext("not known") if value in ("", None) else value
        yield Entry(
            contact.changed_at if contact else None,
            f"{title}: {told}",
            sees,
            {"field": name, "value": value},
        )


def messages(client: Client) -> Iterator[Entry]:
    """What went out to him, and what did not arrive."""
    sees = gettext("The front desk sees that one was sent. Nobody sees its link")
    for one in Message.objects.filter(client=client).order_by("-queued_at", "-pk"):
        at = one.sent_at or one.queued_at
        words = gettext("A message that says nothing of what it is about %(became)s")
        words %= {"became": gettext(DELIVERY[one.state])}
        yield Entry(at, words, sees, {"became": one.state}, f"message/{one.pk}")
    for gone in Undelivered.objects.filter(client=client):
        if gone.is_denied:
            words = gettext("An address that stood for you was said not to be yours. Nothing more is sent to it")
        else:
            words = gettext("An address that stood for you did not work. Nothing more is sent to it")
        yield Entry(gone.at, words, sees, {"became": "undelivered"}, f"undelivered/{gone.pk}")


def questions_sent(client: Client) -> Iterator[Entry]:
    """The check-ins he was asked, and what came of each."""
    sees = gettext("Your therapist; the front desk sees that they were sent, and not what came of it")
    found = Invitation.objects.filter(appointment__client=client).select_related("submission", "appointment")
    for one in found.order_by("-sent_at", "-pk"):
        answered = hasattr(one, "submission")
        became = gettext("did not reach you") if one.came_back_at else gettext("not answered")
        if answered:
            became = gettext("answered")
        if one.asks == Asks.BEFORE:
            words = gettext("Questions before the session of %(day)s, %(became)s")
        else:
            words = gettext("Questions after the session of %(day)s, %(became)s")
        words %= {"day": _day(one.appointment.starts_at), "became": became}
        data = {"sent_at": one.sent_at, "expires_at": one.expires_at, "answered": answered}
        data["came_back"] = one.came_back_at is not None
        yield Entry(one.sent_at, words, sees, data, f"invitation/{one.pk}")


# --- sessions ---------------------------------------------------------------------------------------


def _appointments(client: Client) -> Iterator[Entry]:
    for one in Appointment.objects.filter(client=client).select_related("therapist").order_by("-starts_at", "-pk"):
        became = gettext(BECAME.get(one.status, one.status))
        data = {"starts_at": one.starts_at, "status": one.status, "with": str(one.therapist), "kind": one.modality}
        off = {"called_off_by": one.initiated_by, "status_at": one.status_at, "certainty": one.certainty}
        known = {"booked_at": one.booked_at, "known_from": one.known_from, "known_at": one.known_at, **off}
        kind = f", {one.get_modality_display().replace('_', ' ')}" if one.modality else ""
        yield Entry(one.starts_at, _with(one.therapist, became + kind), gettext(SCHEDULE), data | known)


def _with(therapist: Therapist, what: str) -> str:
    return gettext("With %(therapist)s: %(what)s") % {"therapist": therapist, "what": what}


def _endings(client: Client) -> Iterator[Entry]:
    for one in Ending.objects.filter(client=client).select_related("therapist").order_by("-ended_on", "-pk"):
        data = {"on": one.ended_on, "kind": one.kind, "with": str(one.therapist)}
        yield Entry(one.ended_on, _with(one.therapist, gettext(ENDED[one.kind])), gettext(CARE), data)


def _pauses(client: Client) -> Iterator[Entry]:
    for one in Pause.objects.filter(client=client).select_related("therapist").order_by("-at", "-pk"):
        words = gettext("A break with %(therapist)s") % {"therapist": one.therapist}
        words += " " + gettext("until %(day)s") % {"day": _day(one.until)} if one.until else ""
        data = {"from": one.at, "until": one.until, "with": str(one.therapist)}
        yield Entry(one.at, words, gettext(CARE), data)


def _noted(client: Client) -> Iterator[Entry]:
    """What was said or done. The reason that a calculation gave for it is left out (safety rule 8)."""
    for one in Repair.objects.filter(client=client).select_related("client").order_by("-at", "-pk"):
        words = gettext("%(therapist)s noted: %(what)s") % {"therapist": one.therapist, "what": done_of(one).words}
        yield Entry(one.at, words, gettext(THERAPIST))


def _worked_out(client: Client) -> Iterator[Entry]:
    for one in courses_of(client):
        data = {"with": str(one.therapist), "days": round(one.rhythm_days, 1), "is_own": one.rhythm_is_own}
        yield Entry(None, rhythm(one), gettext(THERAPIST), data)


def courses_of(client: Client) -> QuerySet[Course]:
    """What was worked out of his appointments with each therapist."""
    return Course.objects.filter(client=client).select_related("therapist").order_by("pk")


def rhythm(course: Course) -> str:
    """How often he usually comes."""
    if course.rhythm_is_own:
        words = gettext("You usually come every %(days)s days to %(therapist)s")
    else:
        words = gettext("People here usually come, and so it is taken of you, every %(days)s days to %(therapist)s")
    return words % {"days": f"{course.rhythm_days:.0f}", "therapist": course.therapist}


# --- who ------------------------------------------------------------------------------------------


def supervised(client: Client) -> Iterator[Entry]:
    """That how he is treated is supervised."""
    treats = Appointment.objects.filter(client=client).values("therapist")
    his = Assignment.objects.filter(Q(client=client) | Q(therapist__in=treats))
    for one in his.order_by("-assigned_at", "-pk"):
        if one.client_id:
            words = gettext("Somebody supervises how you are treated")
        else:
            words = gettext("Somebody supervises how %(therapist)s works with everybody")
        words %= {"therapist": one.therapist}
        words += ", " + gettext("until %(day)s") % {"day": _day(one.ended_at)} if one.ended_at else ""
        told = gettext("The practice noted that you were told on %(day)s") % {"day": _day(one.told_on)}
        sees = gettext("The lead of the practice, and the supervisor")
        data = {"from": one.assigned_at, "until": one.ended_at, "told_on": one.told_on}
        yield Entry(one.assigned_at, f"{words}. {told}", sees, data, f"assignment/{one.pk}")


def _emergencies(client: Client) -> Iterator[Entry]:
    """That it was opened, and to whom. Why is left to the practice to tell: it may say who else called about him."""
    sees = gettext("Your therapist, and the lead of the practice; only your therapist can read why")
    for one in openings_of(client):
        told = {
            "who": capfirst(one.by.called),
            "from": f"{localtime(one.at):%H:%M}",
            "to": f"{localtime(until(one)):%H:%M}",
        }
        words = gettext("%(who)s could read your page from %(from)s to %(to)s, in an emergency") % told
        yield Entry(one.at, words, sees, {"opened_at": one.at, "until": until(one), "who": one.by.called})


def _who_looked(client: Client) -> Iterator[Entry]:
    for one in who_looked(client):
        data = {"on": one.on, "who": one.who, "what": one.what, "times": one.times}
        yield Entry(one.on, f"{one.who}: {one.what}{times_in_words(one.times)}", gettext(HIS), data)


def _ways_in(client: Client) -> Iterator[Entry]:
    for welcome in Welcome.objects.filter(post__client=client).order_by("pk"):
        yield Entry(
            welcome.used_at or welcome.expires_at,
            gettext("A code for a way in, used then")
            if welcome.used_at
            else gettext("A code for a way in, good until then"),
            gettext(HIS),
        )
    for member in Member.objects.filter(posts__client=client):
        words = gettext("The name to sign in with: %(login)s") % {"login": member.login}
        yield Entry(member.last_login, words, gettext(HIS))
        for key in Passkey.objects.filter(member=member).order_by("pk"):
            yield Entry(key.made_at, gettext("A passkey"), gettext(HIS), {"used_at": key.used_at})
        for app in CodeApp.objects.filter(member=member):
            yield Entry(app.made_at, gettext("A code app"), gettext(HIS))
        if codes := PaperCode.objects.filter(member=member).count():
            yield Entry(None, gettext("%(codes)s codes on paper") % {"codes": codes}, gettext(HIS))


PARTS: Mapping[str, tuple[str, Reads]] = {
    "how_you_are_reached": (N_("How you are reached"), _reached),
    "wishes": (N_("How you would like to be worked with"), _wishes),
    "answers": (N_("Your answers"), _answers),
    "asked_for": (N_("What you asked for or said, and what was done about it"), _asked_for),
    "story": (N_("What you let go along to another therapist"), stories),
    "noted": (N_("What your therapist noted as said or done"), _noted),
    "decisions": (N_("What you decided"), _decisions),
    "study_files": (N_("Files for studies that held you"), _study_files),
    "appointments": (N_("Appointments"), _appointments),
    "pauses": (N_("Breaks"), _pauses),
    "endings": (N_("Endings"), _endings),
    "worked_out": (N_("What was worked out from your appointments"), _worked_out),
    "questions_sent": (N_("Questions you were sent"), questions_sent),
    "messages": (N_("Messages you were sent"), messages),
    "supervised": (N_("Who supervises"), supervised),
    "emergencies": (N_("When your page was opened in an emergency"), _emergencies),
    "ways_in": (N_("How you sign in"), _ways_in),
    "who_looked": (N_("Who looked"), _who_looked),
}
