"""The reference page of the signals, written from their declarations: what docs/reference/signals.md holds."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator

from holdfast.asof import LONGEST_LEAVE_DAYS
from holdfast.fit import FALL
from holdfast.silence import checkins, closures, contacts, facts
from holdfast.silence.signals import SIGNALS
from holdfast.silence.signals.kept import HABIT_CONTACTS, KEPT, MUCH_RHYTHMS, NEAR_RHYTHMS, SOME_RHYTHMS
from holdfast.silence.signals.person import FAR, NEAR, PERSON
from holdfast.silence.signals.said import HIGH, LOW, MUCH, SAID
from holdfast.silence.signals.signal import Signal

WIDTH = 120  # of the page's lines
PART = """\
# Signals

What the silence model is made of: contacts, the silences after them, and what was known of each. Made from the
declarations in `src/holdfast/silence/signals/` by `tools/reference.py`. A slow, obvious version of these rules is
in `tests/property/slow_silence.py` and `slow_signals.py`; both must agree on random histories. What an episode, a
session and an ending are is in [Episodes: the rules](episodes.md); what was known at `at`, too. A *day* is a date.

## Contacts

A *contact* is a session, or a past appointment that nobody marked (`unknown`): nobody knows whether he came.
Several on one day are one, attended before unmarked, recorded before assumed. `how` says which:

| how | meaning |
| --- | --- |
| `recorded` | attended, and somebody recorded it |
| `defaulted` | attended, as the source system sets it by itself or as it was worked out |
| `unmarked` | past, and nobody said what became of it |

Episodes without a session have no contacts. An unmarked appointment later than the ending is none either: nobody
expected him. `sessions` counts those up to and including the contact; an unmarked one counts as one for itself
only.

*Rhythm* at a contact is the middle one of the last three gaps between sessions up to then, agreed breaks left out;
of two gaps their mean; with fewer than {own_gaps} the practice's middle gap, or else 7 days.

An episode is *over* when its recorded ending says so (any but `silent`), or when the client has been seen here
again after its last session: by another therapist, or by the same one in a later episode. That does not count for a
therapist whom he saw in between, side by side: he has left neither. It is *silent* if it is recorded so and he was
not seen again, and else *quiet*.

The *tail* of an episode is what stands open: from its last session on if that is recorded; if it is only assumed,
from the session before it; and all unmarked appointments after it. Contacts before the tail have the fate `came`,
those in it the fate of the episode: `ended`, `silent` or `quiet`. `came` and `ended` are certain not to have been
silent exits.

## Stages

The time after a contact is cut into *stages*. A stage begins with the contact or with something visible, and ends
with the next visible thing, or still goes on.

| event | what it is |
| --- | --- |
| `came` | the next contact is a session |
| `unmarked` | the next contact is an unmarked appointment |
| `ended` | the ending came to be known, or he was seen here again; not before the contact |
| `silent` | the recorded silent ending came to be known; not before the contact |
| `missed` | a no-show, at its start; or a late cancellation, not by the therapist |
| `called_off` | cancelled or moved, not by the therapist |
| `provider` | called off by the therapist |
| `booked` | a booking made while nothing was ahead |
| `paused` | a break was agreed, on the day of the contact or later |
| `none` | nothing yet at `at` |

- What happens on the day of the contact is part of it, agreed breaks aside: all is seen as it stands on that
  evening. Of one kind on one later day, the last counts. At one moment the order is that of the table.
- An appointment was called off at its `status_at` (blank: at its start), and not after its start.
- Something is *ahead* if it was booked by then, starts later and was not called off by then. An appointment that
  does not say when it was booked is never ahead: that it exists at all may be later news.
- *Expected* is the day of the next booking; without one, the latest day until which a break had been agreed;
  without that, one rhythm from the day on which the stage began. In a stage that still goes on, a known appointment
  ahead without `booked_at` sets the expected day, too.
- The *cell* of a stage says what began it, whether something was ahead, and after a contact how early it is: 1 the
  first session, 2 the second or third, 3 later. Time is cut into bins in `src/holdfast/silence/clock.py`.

*Closures.* A run of days without any appointment in a therapist's diary (those he called off himself aside) that is
longer than {longer} days and than {usual} times his usual distance between such days, with appointments of at least
{clients} clients in the {back} days before it. From one usual distance after the last appointment to the day of the
next one no time passes: not in a stage, not until a dated expected day, not in a gap. What is not followed by an
appointment is no closure.
Days of which `practice.json` says that a therapist, or everybody, was not there (`away`) are a closure too, from
`told_at` on (blank: from the first of them on), as far as they have come, and of one leave no more than {longest} days:
a client whose therapist is away for longer is with nobody, and somebody must hear of it. What overlaps is taken off
once.

## What is known when

`evening` is the end of the contact's day, `settled` two days after the contact; neither is later than the next
contact or `at`. Nothing that happened, or came to be known, later enters. Two properties hold on random histories:
what comes later may be changed, added or taken away, and nothing that leaves the engine changes by a bit.

- A check-in belongs to the contact of its appointment if it was sent at or after its start and before the next
  contact; of several, the first that was answered, else the first sent.
- An earlier answer counts from the next contact on, if it came before that began.
- `pending`: sent, not answered, and less than two days have passed. Then every signal from the check-in is pending.
- What was booked is seen on the evening in both; a booking made later is an event of the silence.
- What he told about himself carries no date and is taken as known from the start.
- `before` is the answer to the last question before the next appointment ("will you come?"), sent in the silence
  after the contact: high 8 to 10, middle 5 to 7, low 0 to 4, unanswered, none. It is evidence, not a signal.

## The signals

Each has a few codes; the first is the reference, whose effect is 0. Words in `{{braces}}` are filled with his own
values. A code without words is never given as a reason. There are {count}.
"""


def signals_reference() -> str:
    """Describe contacts, stages and signals in Markdown."""
    head = PART.format(
        own_gaps=contacts.OWN_GAPS,
        longer=closures.LONGER_THAN_DAYS,
        usual=closures.LONGER_THAN_USUAL,
        clients=closures.LEAST_CLIENTS,
        back=closures.LOOK_BACK_DAYS,
        longest=LONGEST_LEAVE_DAYS,
        count=len(SIGNALS),
    )
    parts = (
        ("From the diary", KEPT, _from_the_diary()),
        ("From check-ins", SAID, _from_check_ins()),
        ("From what he told about himself, and from questionnaires", PERSON, _from_the_person()),
    )
    return head + "".join(_part(title, signals, words) for title, signals, words in parts)


def _from_the_diary() -> str:
    return (
        f"A booking is near within {NEAR_RHYTHMS:g} of his rhythms, and a habit from {HABIT_CONTACTS} contacts on. A "
        f"gap has widened somewhat above {SOME_RHYTHMS:g} of the rhythm he had before it, much above {MUCH_RHYTHMS:g}. "
        "What was missed before a contact counts if it was known by the evening. A repair is any action but a pause, "
        f"since the contact before (before the first contact: in the {facts.REPAIRS_FROM_DAYS} days before it)."
    )


def _from_check_ins() -> str:
    return (
        f"A rating is high from {HIGH} on and low up to {LOW}; it fell or rose by {FALL} or more. On the six axes 0 is "
        f"just right, and from {MUCH} points on it was too much or too little. What is not asked each time is his "
        f"latest answer of the last {checkins.RECENT} contacts."
    )


def _from_the_person() -> str:
    return f"Wishes are near below a mean distance of {NEAR:g} points, and far from {FAR:g} on."


def _part(title: str, signals: tuple[Signal, ...], words: str) -> str:
    sections = "".join(_section(signal) for signal in signals)
    return f"\n### {title}\n\n{_wrapped(words)}\n{sections}"


def _section(signal: Signal) -> str:
    note = f"\n{_wrapped(signal.note)}\n" if signal.note else ""
    rows = "\n".join(_rows(signal))
    return f"\n#### {signal.name}\n\n{_wrapped(f'{signal.question}. Known {signal.known}.')}\n{note}\n{rows}\n"


def _rows(signal: Signal) -> Iterator[str]:
    yield "| code | as a reason |"
    yield "| --- | --- |"
    for code, words in signal.codes.items():
        shown = words or ("the reference" if code == signal.reference else "")
        yield f"| `{code}` | {shown} |"


def _wrapped(text: str) -> str:
    return textwrap.fill(text, WIDTH, break_long_words=False, break_on_hyphens=False)
