"""The signals of the silence model once more, slow and obvious, from the words in docs/reference/signals.md."""

from __future__ import annotations

from datetime import datetime, timedelta

from tests.property.slow_episodes import DAY, Row
from tests.property.slow_silence import Silence

RATED = ("understood", "on_target", "worth_it")
AXES = ("approach", "language", "tone", "posture", "pace", "energy")
NEVER = 2**62


class SlowSignals:
    """The signals after one contact, as known at ``told_by``."""

    def __init__(self, silence: Silence, contact: Row, *, days: int) -> None:
        self.silence, self.contact, self.whole = silence, contact, silence.whole
        evening = (contact["day"] + 1) * DAY - 1
        later = evening if days == 0 else contact["at"] + days * DAY
        self.told_by = min(later, NEVER if contact["next_at"] is None else contact["next_at"], self.whole.at)
        answers_by = self.told_by if days == 0 else min(later, self.whole.at)  # two days, even if he is back sooner
        self.own = self.checkin_of(contact)
        self.earlier = [one for one in silence.contacts if one["contact"] < contact["contact"]]
        self.is_asked = self.own is not None and self.own["sent_at"] <= answers_by
        self.is_answered = (
            self.is_asked and self.own["answered_at"] is not None and self.own["answered_at"] <= answers_by
        )
        self.is_pending = self.is_asked and not self.is_answered and answers_by < contact["at"] + 2 * DAY
        people = self.whole.practice.get("clients", [])
        self.client = next((row for row in people if row["client_id"] == silence.episode.client), {})
        staff = self.whole.practice.get("therapists", [])
        self.therapist = next((row for row in staff if row["therapist_id"] == silence.episode.therapist), {})

    def all(self) -> dict[str, str]:
        found = {
            "session": self.session(),
            "booking": self.booking(),
            "perhaps_finished": self.perhaps_finished(),
            "missed": self.missed(),
            "provider": "yes" if self.before_this("provider") else "no",
            "widening": self.widening(),
            "repair": self.repair(),
            "checkin": self.checkin(),
            "wish_distance": self.wish_distance(),
            "age": self.age(),
            "employment": self.employment(),
            "prior_dropout": self.prior_dropout(),
            "masculinity": self.masculinity(),
            "gender": self.gender(),
            "symptoms": self.symptoms(),
        }
        said = {name: self.rated(name) for name in RATED} | {f"{name}_fall": self.fall(name) for name in RATED}
        said |= {name: self.axis(name) for name in AXES}
        said |= {
            "at_the_top": self.at_the_top(),
            "talked_down": self.talked_down(),
            "could_say": self.could_say(),
            "change": self.change(),
            "masculine_pace": self.masculine_pace(),
            "answering": self.answering(),
        }
        return found | {name: "pending" if self.is_pending else code for name, code in said.items()}

    # What was asked and answered

    def checkin_of(self, contact: Row) -> Row | None:
        """The check-in about a contact: the first that was answered, else the first sent; sent before the next one."""
        at, ends = self.whole.at, NEVER if contact["next_at"] is None else contact["next_at"]
        starts = {
            row["appointment_id"]: row["starts_at"]
            for row in self.silence.episode.rows
            if row["starts_at"] // DAY == contact["day"]
        }
        sent = [
            row if row["answered_at"] is not None and row["answered_at"] <= at else row | {"answered_at": None}
            for row in self.whole.practice["checkins"]
            if row["client_id"] == self.silence.episode.client
            and row["appointment_id"] in starts
            and starts[row["appointment_id"]] <= row["sent_at"] < ends
            and row["sent_at"] <= at
        ]
        if not sent:
            return None
        first = min(
            sent,
            key=lambda row: (
                NEVER if row["answered_at"] is None else row["answered_at"],
                row["sent_at"],
                row["appointment_id"],
            ),
        )
        in_time = first["answered_at"] is not None and first["answered_at"] < ends
        return first | {"sent_at": min(row["sent_at"] for row in sent), "in_time": in_time}

    def answer(self, name: str) -> object:
        return self.own.get(name) if self.is_answered else None

    def asked_earlier(self) -> list[Row]:
        """Check-ins about earlier contacts, the latest first."""
        found = [self.checkin_of(one) for one in reversed(self.earlier)]
        return [one for one in found if one is not None]

    def last_answer(self, name: str) -> object:
        told = [one[name] for one in self.asked_earlier() if one["in_time"] and one.get(name) is not None]
        return told[0] if told else None

    def latest_of_three(self, name: str) -> object:
        if self.answer(name) is not None:
            return self.answer(name)
        for one in reversed(self.earlier[-2:]):
            told = self.checkin_of(one)
            if told is not None and told["in_time"] and told.get(name) is not None:
                return told[name]
        return None

    # Signals from what he said

    def rated(self, name: str) -> str:
        value = self.answer(name)
        return "none" if value is None else "high" if value >= 8 else "low" if value <= 5 else "middle"

    def fall(self, name: str) -> str:
        value, before = self.answer(name), self.last_answer(name)
        if value is None:
            return "none"
        if before is None:
            return "first"
        return "fell" if before - value >= 2 else "rose" if value - before >= 2 else "same"

    def at_the_top(self) -> str:
        given = [self.answer(name) for name in RATED if self.answer(name) is not None]
        return "none" if not given else "yes" if all(value == 10 for value in given) else "no"

    def axis(self, name: str) -> str:
        felt = self.answer(name) if name in ("pace", "approach") else self.latest_of_three(name)
        if felt is None:
            return "none"
        return "right" if felt == 0 else "slightly" if abs(felt) == 1 else "much" if felt > 0 else "little"

    def talked_down(self) -> str:
        felt = self.latest_of_three("talked_down")
        return "none" if felt is None else ("never", "once", "often", "often")[felt]

    def could_say(self) -> str:
        could = self.latest_of_three("could_say")
        return "none" if could is None else "high" if could >= 7 else "middle" if could >= 4 else "low"

    def change(self) -> str:
        picked = _pick(self.answer("change"))
        before = [_pick(one["change"]) for one in self.asked_earlier() if one["in_time"] and _pick(one["change"])]
        wanted = bool(before) and before[0] == "asks"
        match picked:
            case None:
                return "none"
            case "not_here":
                return "not_here"
            case "as_it_is":
                return "came" if wanted else "as_it_is"
            case _:
                return "again" if wanted else "wish"

    def masculine_pace(self) -> str:
        pace, masculinity = self.answer("pace"), self.client.get("masculinity")
        return "yes" if pace is not None and masculinity is not None and pace >= 2 and masculinity >= 4 else "no"

    def checkin(self) -> str:
        if not self.is_asked:
            return "not_asked"
        if self.is_answered:
            return "answered"
        if self.is_pending:
            return "pending"
        before = self.asked_earlier()[:3]
        if not before:
            return "unanswered_first"
        return "unanswered_usually" if sum(one["in_time"] for one in before) >= 2 else "unanswered_often"

    def answering(self) -> str:
        before = self.asked_earlier()[:5]
        if not self.is_asked or len(before) < 5:
            return "none"
        now = int(self.is_answered) + sum(one["in_time"] for one in before[:2])
        return "less" if now <= 1 and sum(one["in_time"] for one in before[2:]) >= 2 else "steady"

    # Signals from the diary

    def session(self) -> str:
        number = self.contact["sessions"]
        ends = (("s1", 1), ("s2", 2), ("s3", 3), ("s4_5", 5), ("s6_10", 10), ("s11_20", 20))
        return next((code for code, last in ends if number <= last), "s21")

    def booking(self) -> str:
        if not self.contact["booking_said"]:
            return "not_known"
        ahead = self.silence.ahead_at(self.contact, self.contact["at"])
        if ahead is not None:
            near = (ahead - self.contact["at"]) / DAY <= 1.5 * self.contact["rhythm"]
            return "ahead" if near else "ahead_late"
        said = [one for one in self.earlier if one["booking_said"]]
        had = [one for one in said if self.silence.ahead_at(one, one["at"]) is not None]
        return "free_usual" if len(said) >= 2 and 2 * len(had) >= len(said) else "free"

    def perhaps_finished(self) -> str:
        return "yes" if self.booking() in ("free", "free_usual") and self.contact["sessions"] > 5 else "no"

    def before_this(self, kind: str) -> list[Row]:
        """What happened between the contact before and this one, and was known by this one's evening."""
        since = self.contact["previous"]["at"] if self.contact["previous"] else -NEVER
        evening = (self.contact["day"] + 1) * DAY - 1
        return [
            one
            for one in self.silence.happenings()
            if one["kind"] == kind and since <= one["at"] < self.contact["at"] and one["known"] <= evening
        ]

    def missed(self) -> str:
        missed = self.before_this("missed")
        if len(missed) >= 2:
            return "several"
        if missed:
            return "late" if missed[0]["late"] else "no_show"
        return "called_off" if self.before_this("called_off") else "none"

    def widening(self) -> str:
        usual = self.contact["previous"] and self.contact["previous"]["own_rhythm"]
        if not self.contact["session_before"] or usual is None:
            return "none"
        if self.contact["agreed_break"]:
            return "no"
        gap = sum(
            stage["open"]
            for one in self.earlier
            if one["contact"] >= self.contact["session_before"]["contact"]
            for stage in one["stages"]
        )
        return "no" if gap / DAY <= 1.5 * usual else "some" if gap / DAY <= 2.5 * usual else "much"

    def repair(self) -> str:
        before = self.contact["previous"]
        since = before["at"] if before else self.contact["at"] - 30 * DAY
        done = [
            row
            for row in self.whole.practice["repairs"]
            if (row["client_id"], row["therapist_id"]) == (self.silence.episode.client, self.silence.episode.therapist)
            and row["action"] != "pause"
            and since < row["at"] <= self.told_by
        ]
        return "yes" if done else "no"

    def before(self) -> str:
        """The answer to the last question before the next appointment, sent in this silence."""
        ends = NEVER if self.contact["next_at"] is None else self.contact["next_at"]
        starts = {row["appointment_id"]: row["starts_at"] for row in self.silence.episode.rows}
        sent = [
            (row["sent_at"], _coming(row, min(self.whole.at, ends - 1)))
            for row in self.whole.practice["checkins"]
            if row["client_id"] == self.silence.episode.client
            and row["appointment_id"] in starts
            and row["sent_at"] < starts[row["appointment_id"]]
            and self.contact["at"] <= row["sent_at"] < ends
            and row["sent_at"] <= self.whole.at
        ]
        if not sent:
            return "none"
        last, place = max(sent)
        told = ("none", "high", "middle", "low", "unanswered")[place]
        waiting = self.contact["next_at"] is None and last + 2 * DAY > self.whole.at
        return "none" if told == "unanswered" and waiting else told

    # Signals from what he told about himself

    def wish_distance(self) -> str:
        if self.is_answered or any(one["in_time"] for one in self.asked_earlier()):
            return "asked"
        pairs = [(self.client.get(f"prefers_{axis}"), self.therapist.get(f"style_{axis}")) for axis in AXES]
        apart = [abs(wish - style) for wish, style in pairs if wish is not None and style is not None]
        if not apart:
            return "unknown"
        mean = sum(apart) / len(apart)
        return "near" if mean < 1.5 else "some" if mean < 2.5 else "far"

    def age(self) -> str:
        born = self.client.get("birth_year")
        if born is None:
            return "unknown"
        moment = datetime(1970, 1, 1) + timedelta(seconds=self.contact["at"])  # noqa: DTZ001
        years = moment.year - born
        return "under_30" if years < 30 else "over_30" if years < 45 else "a45_59" if years < 60 else "a60"

    def employment(self) -> str:
        told = _plain(self.client.get("employment"))
        known = {"employed": "working", "self-employed": "working"}
        if told in ("unemployed", "student", "retired"):
            return told
        return "unknown" if told is None else known.get(told, "other")

    def prior_dropout(self) -> str:
        if self.client.get("prior_dropout") is not None:
            return self.client["prior_dropout"]
        return "no" if self.client.get("prior_therapy") == "no" else "unknown"

    def masculinity(self) -> str:
        told = self.client.get("masculinity")
        return "unknown" if told is None else "high" if told >= 4 else "low"

    def gender(self) -> str:
        told = _plain(self.client.get("gender"))
        known = {"man": "man", "male": "man", "woman": "woman", "female": "woman"}
        return "unknown" if told is None else known.get(told, "other")

    def symptoms(self) -> str:
        started = min(row["starts_at"] for row in self.silence.episode.rows)
        taken = sorted(
            (row["taken_at"], row["measure"], row["score"])
            for row in self.whole.practice.get("scores", [])
            if row["client_id"] == self.silence.episode.client
            and row["taken_at"] >= started - 30 * DAY
            and row["taken_at"] <= self.whole.at
        )
        known = [one for one in taken if one[0] <= self.told_by]
        if not known:
            return "none"
        last = known[-1]
        first = next(one for one in taken if one[1] == last[1])
        if first == last:
            return "none"
        rise = last[2] - first[2]
        least = {"phq9": 6, "gad7": 4}.get(last[1], 0.2 * abs(first[2]))
        if rise == 0 or abs(rise) < least:
            return "same"
        return "better" if (rise > 0) == (last[1] == "who5") else "worse"


def _pick(text: object) -> str | None:
    told = _plain(text)
    if told is None:
        return None
    return {"leave it as it is": "as_it_is", "rather not say here": "not_here"}.get(told, "asks")


def _plain(text: object) -> str | None:
    return str(text).strip().lower() or None if text is not None else None


def _coming(row: Row, by: int) -> int:
    if row["answered_at"] is None or row["answered_at"] > by:
        return 4
    sure = row["attend_next"]
    return 0 if sure is None else 1 if sure >= 8 else 2 if sure >= 5 else 3
