"""The client page: one story of what happened, what was said and what was done, as his therapist may know it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils.translation import gettext

from holdfast.repair import Tally
from holdfast.tables.schema import AXES, InitiatedBy, Status
from holdfast.tables.schema import Ending as EndingKind
from holdfast_site.access.actors import Actor
from holdfast_site.caseload.fit import Fit, fit_of
from holdfast_site.caseload.flags import Worth, muted, worth_a_conversation
from holdfast_site.caseload.models import Course, Repair, Summary
from holdfast_site.caseload.openers import FIRST, Card, cards
from holdfast_site.caseload.repairs import done_of, what_followed
from holdfast_site.caseload.selectors import Said, overdue, said, with_him
from holdfast_site.caseload.timeline import Break, Drawing, Event, Kind, drawing
from holdfast_site.caseload.words import reasons
from holdfast_site.checkins.answers import Value
from holdfast_site.checkins.models import Invitation
from holdfast_site.checkins.selectors import reached
from holdfast_site.languages import N_
from holdfast_site.people.models import Appointment, Client, Ending, Pause, Therapist
from holdfast_site.people.wishes import wishes_of

TAKEN_BACK_WITHIN = timedelta(hours=24)
LOGGED_SHOWN = 5
ENDED = {
    EndingKind.PLANNED: N_("Finished, as planned"),
    EndingKind.TOLD: N_("Stopped, and said so"),
    EndingKind.SWITCHED: N_("Went on with somebody else here"),
    EndingKind.REFERRED: N_("Referred elsewhere"),
    EndingKind.SILENT: N_("Recorded as gone without a word"),
    EndingKind.NEVER_STARTED: N_("Never started"),
    EndingKind.OTHER: N_("Ended"),
}
CALLED_OFF = {
    InitiatedBy.CLIENT.value: (Kind.CALLED_OFF, N_("Called off by him")),
    InitiatedBy.PROVIDER.value: (Kind.BY_YOU, N_("Called off by you")),
}


@dataclass(frozen=True, slots=True)
class Logged:
    """Something that was said or done, what it was about, and what followed."""

    repair_id: int
    at: datetime
    words: str
    followed: str
    can_be_taken_back: bool


@dataclass(frozen=True, slots=True)
class Row:
    """One row of the table beside the drawing."""

    number: int
    event: Event


@dataclass(frozen=True, slots=True)
class Story:
    """Everything on the client page."""

    headline: str
    worth: Worth | None
    cards: Sequence[Card]
    more_cards: Sequence[Card]
    logged: Sequence[Logged]
    drawing: Drawing
    rows: Sequence[Row]  # the latest first
    fit: Fit
    said: Sequence[Said]  # the latest first
    form: UUID = field(default_factory=uuid4)

    @property
    def earlier_said(self) -> Sequence[Said]:
        """All but the latest."""
        return self.said[1:]


def story(actor: Actor, client: Client, *, now: datetime) -> Story:
    """Tell it. ``client`` is one of the actor's own."""
    told = said(actor, client)
    course = Course.objects.filter(client=client, therapist=actor.therapist_id).first()
    repairs = list(Repair.objects.filter(client=client, therapist=actor.therapist_id).select_related("client"))
    logged = _logged(repairs, now)
    appointments = list(
        Appointment.objects.filter(client=client, therapist=actor.therapist_id).order_by("starts_at", "pk")
    )
    happened = [*_appointments(appointments, now), *_checkins(actor, client, told, now), *_endings(actor, client)]
    happened += [Event(one.at, Kind.DONE, f"{one.words}: {one.followed}") for one in logged]
    events = sorted(happened, key=lambda one: one.at)
    off = muted()
    standing = worth_a_conversation(actor, [client.pk], off, now=now)
    worth = standing[0] if standing else None
    therapist = Therapist.objects.get(pk=actor.therapist_id)
    offered = _cards(actor, client, therapist, worth, told)
    return Story(
        headline=headline(appointments, course, now),
        worth=worth,
        cards=offered[:FIRST],
        more_cards=offered[FIRST:],
        logged=logged[::-1][:LOGGED_SHOWN],
        drawing=drawing(events, _breaks(actor, client), rhythm_days=course.rhythm_days if course else None, now=now),
        rows=[Row(number, event) for number, event in enumerate(events)][::-1],
        fit=_fit(client, therapist, told),
        said=told[::-1],
    )


# --- what happened ----------------------------------------------------------------------------------


def _appointments(appointments: Sequence[Appointment], now: datetime) -> Iterator[Event]:
    number = 0
    for one in appointments:
        if one.status == Status.ATTENDED:
            number += 1
            yield Event(one.starts_at, Kind.SESSION, gettext("Session %(number)s") % {"number": number})
        else:
            yield Event(one.starts_at, *_not_held(one, now))


def _not_held(one: Appointment, now: datetime) -> tuple[Kind, str]:
    by_you = one.initiated_by == InitiatedBy.PROVIDER
    match one.status:
        case Status.NO_SHOW:
            return Kind.MISSED, gettext("Did not come")
        case Status.LATE_CANCELLED if not by_you:
            return Kind.MISSED, gettext("Called off late")
        case Status.BOOKED if one.starts_at > now:
            return Kind.BOOKED, gettext("Booked")
        case Status.UNKNOWN | Status.BOOKED:
            return Kind.UNMARKED, gettext("Nobody marked whether he came")
        case Status.RESCHEDULED:
            return (Kind.BY_YOU, gettext("Moved by you")) if by_you else (Kind.CALLED_OFF, gettext("Moved"))
        case _:
            kind, words = CALLED_OFF.get(one.initiated_by, (Kind.CALLED_OFF, N_("Called off")))
            return kind, gettext(words)


def _checkins(actor: Actor, client: Client, told: Sequence[Said], now: datetime) -> Iterator[Event]:
    """One that was wholly kept from the therapist is like one that was not answered."""
    seen = {one.invitation_id: one for one in told}
    sent = reached(Invitation.objects.filter(with_him(actor, {client.pk}), sent_at__lte=now))
    for pk, sent_at in sent.order_by("sent_at", "pk").values_list("pk", "sent_at"):
        yield Event(sent_at, *_checkin(seen.get(pk)))


def _checkin(one: Said | None) -> tuple[Kind, str]:
    if one is None:
        return Kind.CHECKIN_NONE, gettext("Check-in: nothing seen")
    if one.wants_to_be_asked:
        asks = gettext("wants to be asked how it fits")
        return Kind.CHECKIN_ASKS, gettext("Check-in: %(said)s") % {"said": "; ".join([asks, *one.off])}
    if one.off:
        return Kind.CHECKIN_OFF, gettext("Check-in: %(said)s") % {"said": "; ".join(one.off)}
    return Kind.CHECKIN, gettext("Check-in: nothing marked as off")


def _endings(actor: Actor, client: Client) -> Iterator[Event]:
    zone = ZoneInfo(settings.SITE.timezone)
    for one in Ending.objects.filter(client=client, therapist=actor.therapist_id):
        at = datetime.combine(one.ended_on, time(23, 59), tzinfo=zone)
        yield Event(at, Kind.ENDING, gettext(ENDED[EndingKind(one.kind)]))


def _breaks(actor: Actor, client: Client) -> Sequence[Break]:
    zone = ZoneInfo(settings.SITE.timezone)
    agreed = Pause.objects.filter(client=client, therapist=actor.therapist_id).order_by("at")
    return [
        Break(one.at, None if one.until is None else datetime.combine(one.until, time(), tzinfo=zone)) for one in agreed
    ]


def _logged(repairs: Sequence[Repair], now: datetime) -> Sequence[Logged]:
    """What was said or done, oldest first."""
    after = what_followed(repairs, now=now)
    return [
        Logged(one.pk, one.at, done_of(one).words, gettext(after[one.pk].value), one.at > now - TAKEN_BACK_WITHIN)
        for one in sorted(repairs, key=lambda one: (one.at, one.pk))
    ]


# --- in one sentence --------------------------------------------------------------------------------


def headline(appointments: Sequence[Appointment], course: Course | None, now: datetime) -> str:
    """The last session, the rhythm and what is booked."""
    held = [one for one in appointments if one.status == Status.ATTENDED and one.starts_at <= now]
    ahead = [one for one in appointments if one.status == Status.BOOKED and one.starts_at > now]
    told = [gettext("No session yet.")]
    if held:
        last = {"number": len(held), "when": _ago(held[-1].starts_at, now)}
        told = [gettext("Session %(number)s was %(when)s.") % last]
    if course is not None and course.rhythm_is_own:
        told.append(_usually(round(course.rhythm_days)))
    if ahead:
        told.append(gettext("The next one is booked %(when)s.") % {"when": _ahead(ahead[0].starts_at, now)})
    else:
        told.append(gettext("Nothing is booked."))
    return " ".join(told)


def _ago(at: datetime, now: datetime) -> str:
    days = _days(at, now)
    named = {0: gettext("today"), 1: gettext("yesterday")}
    return named.get(days, gettext("%(days)s days ago") % {"days": days})


def _ahead(at: datetime, now: datetime) -> str:
    days = _days(now, at)
    named = {0: gettext("for today"), 1: gettext("for tomorrow")}
    return named.get(days, gettext("in %(days)s days") % {"days": days})


def _days(start: datetime, end: datetime) -> int:
    zone = ZoneInfo(settings.SITE.timezone)
    return (end.astimezone(zone).date() - start.astimezone(zone).date()).days


def _usually(days: int) -> str:
    if days <= 1:
        return gettext("He usually comes every day.")
    return gettext("He usually comes every %(days)s days.") % {"days": days}


# --- what could be said -----------------------------------------------------------------------------


def _cards(
    actor: Actor, client: Client, therapist: Therapist, worth: Worth | None, told: Sequence[Said]
) -> Sequence[Card]:
    """First what speaks for a flag, then what is off in his last check-in, then the silence."""
    found: dict[str, str] = {}
    if worth is not None and worth.told is not None:
        found |= dict(zip(worth.told.signals, worth.told.reasons, strict=True))
    if told:
        last = told[-1]
        found |= dict(reasons(last.answers, last.before, asks=last.wants_to_be_asked))
    late = overdue(actor, [client.pk]).first()
    if late is not None:
        found.setdefault("quiet", late.words)
    felt: dict[str, Value] = {name: value for one in told for name, value in one.answers.items() if name in AXES}
    return cards(found.items(), felt, therapist.frameworks.split(";"), tallies())


def tallies() -> Mapping[str, Tally]:
    """What followed each action at this practice, as it was last counted."""
    last = Summary.objects.order_by("-at", "-pk").first()
    return {action: Tally(**counts) for action, counts in last.tallies.items()} if last else {}


def _fit(client: Client, therapist: Therapist, told: Sequence[Said]) -> Fit:
    practised = {axis: getattr(therapist, f"style_{axis}") for axis in AXES}
    return fit_of(wishes_of(client), practised, [one.answers for one in told])
