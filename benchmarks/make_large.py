"""A folder of tables with as many appointments as you like, for timing: the demo's shape, made column by column.

    python -m benchmarks.make_large --appointments 10000000 --to DIR [--csv] [--checkins]

Nothing is planted here and there is no truth to recover; for that see ``holdfast.simulate``.
Each client has a geometric number of turns at his own rhythm. Some turns are missed, some
clients end openly, some never start, some therapists keep no records.
"""

from __future__ import annotations

import argparse
import json
import time
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl

NOW = datetime(2026, 11, 20, 18, 0)  # noqa: DTZ001 (wall clock of the practice)
YEARS = 5
CLIENTS_PER_THERAPIST = 140
MEAN_TURNS = 11.0
CHUNK = 2_000_000  # appointments made at a time, so that memory stays flat
_DAY_MINUTES = 1440
_TIME = "%Y-%m-%dT%H:%M:%S"

Ints = npt.NDArray[np.int64]
STATUSES = ("attended", "cancelled", "late_cancelled", "no_show", "rescheduled", "unknown", "booked")
_ATTENDED, _CANCELLED, _LATE, _NO_SHOW, _MOVED, _UNKNOWN, _BOOKED = range(7)
_SHARES = (0.745, 0.12, 0.04, 0.055, 0.04)
ENDINGS = ("planned", "told", "switched", "referred", "silent")
_MODALITIES = ("in_person", "video", "phone")


def make_large(appointments: int, folder: Path, *, csv: bool = False, checkins: bool = False, seed: int = 1) -> int:
    """Write the tables into a folder and return how many appointments there are: about as many as asked for."""
    folder.mkdir(parents=True, exist_ok=True)
    dice = np.random.default_rng(seed)
    clients = max(1, round(appointments / MEAN_TURNS))
    therapists = max(1, clients // CLIENTS_PER_THERAPIST)
    parts: list[Path] = []
    endings: list[pl.DataFrame] = []
    asked: list[pl.DataFrame] = []
    step = max(1, round(CHUNK / MEAN_TURNS))
    made = 0
    for first in range(0, clients, step):
        turns = _turns(dice, first, min(step, clients - first), therapists, first_id=made)
        made += turns.height
        endings.append(_endings(dice, turns))
        if checkins:
            asked.append(_checkins(dice, turns))
        parts.append(folder / f".part-{len(parts)}.parquet")
        _appointments(turns).write_parquet(parts[-1])
    _join(parts, folder / "appointments", csv=csv)
    _write(pl.concat(endings), folder / "endings", csv=csv)
    if checkins:
        _write(pl.concat(asked), folder / "checkins", csv=csv)
    _write(_clients(dice, clients), folder / "clients", csv=csv)
    _write(_therapists(dice, therapists), folder / "therapists", csv=csv)
    told = {"name": "Large practice", "timezone": "Europe/London", "exported_at": NOW.replace(tzinfo=UTC).isoformat()}
    (folder / "practice.json").write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")
    return made


def _turns(dice: np.random.Generator, first: int, count: int, therapists: int, *, first_id: int) -> pl.DataFrame:
    """Every turn of ``count`` clients: when, and what became of it. Times are minutes since 1970."""
    lengths = np.minimum(dice.geometric(1 / (MEAN_TURNS * 1.06), count), 150)
    client = np.repeat(np.arange(count), lengths)
    starts_row = np.repeat(np.cumsum(lengths) - lengths, lengths)
    place = np.arange(len(client)) - starts_row
    rhythm = dice.choice(np.array([7, 14, 28]), count, p=(0.62, 0.29, 0.09))[client]
    gap = rhythm * (1 + (dice.random(len(client)) < 0.06)) + 7 * (dice.random(len(client)) < 0.03)
    gap[place == 0] = 0
    running = np.cumsum(gap)
    now = int(NOW.replace(tzinfo=UTC).timestamp() // 60)
    monday = now // _DAY_MINUTES - YEARS * 365 - (now // _DAY_MINUTES - YEARS * 365 - 4) % 7
    begins = monday + 7 * dice.integers(0, YEARS * 52, count) + dice.integers(0, 5, count)
    jitter = np.where((dice.random(len(client)) < 0.08) & (place > 0), 60, 0)
    hour = dice.integers(9, 19, count) * 60
    start = (begins[client] + running - running[starts_row]) * _DAY_MINUTES + hour[client] + jitter
    therapist = dice.integers(0, therapists, count)
    frame = pl.DataFrame(
        {
            "client": client + first,
            "place": place,
            "therapist": therapist[client],
            "start": start,
            "before": np.where(
                place == 0, start - dice.integers(4, 20, len(client)) * _DAY_MINUTES, start - gap * _DAY_MINUTES
            ),
            "status": _statuses(dice, start, therapist[client], now),
            "notice": dice.integers(1, 22, len(client)) * 60 + dice.integers(0, 60, len(client)),
            "by_therapist": dice.random(len(client)) < 0.2,
            "modality": dice.choice(3, len(client), p=(0.66, 0.27, 0.07)),
        }
    )
    kept = frame.filter(pl.col("before") + 50 < now)
    return kept.with_row_index("id", offset=first_id + 1)


def _statuses(dice: np.random.Generator, start: Ints, therapist: Ints, now: int) -> Ints:
    status = dice.choice(5, len(start), p=_SHARES)
    careless = (therapist % 6 == 0) & (dice.random(len(start)) < 0.4)
    status[careless & np.isin(status, (_ATTENDED, _NO_SHOW))] = _UNKNOWN
    status[start > now] = _BOOKED
    return status.astype(np.int64)


def _moment(minutes: pl.Expr) -> pl.Expr:
    return (minutes.cast(pl.Int64) * 60_000_000).cast(pl.Datetime("us"))


def _word(codes: str, words: tuple[str, ...]) -> pl.Expr:
    return pl.col(codes).replace_strict(dict(enumerate(words)), return_dtype=pl.String)


def _id(letter: str, name: str, width: int) -> pl.Expr:
    return pl.lit(letter) + pl.col(name).cast(pl.String).str.zfill(width)


def _appointments(turns: pl.DataFrame) -> pl.DataFrame:
    """The turns as the table holds them."""
    status, start = pl.col("status"), pl.col("start")
    ahead = pl.min_horizontal(1500 + pl.col("notice") * 3, start - pl.col("before") - 60)
    changed = (
        pl.when(status == _LATE).then(start - pl.col("notice"))
        .when(status.is_in([_CANCELLED, _MOVED])).then(start - ahead)
        .when(status.is_in([_ATTENDED, _NO_SHOW])).then(start + 90)
    )  # fmt: skip
    called_off = status.is_in([_CANCELLED, _LATE, _MOVED])
    return turns.select(
        _id("A", "id", 9).alias("appointment_id"),
        _id("C", "client", 8).alias("client_id"),
        _id("T", "therapist", 5).alias("therapist_id"),
        _moment(start).alias("starts_at"),
        _word("status", STATUSES).alias("status"),
        pl.when(called_off & pl.col("by_therapist")).then(pl.lit("provider")).when(called_off).then(pl.lit("client"))
        .alias("initiated_by"),
        pl.when(status == _UNKNOWN).then(pl.lit("not_updated")).otherwise(pl.lit("recorded")).alias("certainty"),
        _moment(pl.col("before") + 50).alias("booked_at"),
        _moment(pl.min_horizontal(changed, pl.lit(_now()))).alias("status_at"),
        _word("modality", _MODALITIES).alias("modality"),
    )  # fmt: skip


def _now() -> int:
    return int(NOW.replace(tzinfo=UTC).timestamp() // 60)


def _endings(dice: np.random.Generator, turns: pl.DataFrame) -> pl.DataFrame:
    """Recorded endings: of some six in ten clients whose last turn is past."""
    last = turns.group_by("client", maintain_order=True).agg(
        pl.col("therapist").last(),
        pl.col("start").max().alias("end"),
        (pl.col("status").is_in([_ATTENDED, _UNKNOWN])).any().alias("came"),
    )
    past = last.filter(pl.col("end") < _now() - 90 * _DAY_MINUTES)
    past = past.filter(pl.Series(dice.random(past.height) < 0.6))
    kind = pl.Series("kind", dice.choice(np.array(ENDINGS), past.height, p=(0.62, 0.16, 0.08, 0.05, 0.09)))
    lag = pl.Series("lag", dice.integers(0, 60, past.height) * _DAY_MINUTES)
    return past.with_columns(kind, lag).select(
        _id("C", "client", 8).alias("client_id"),
        _id("T", "therapist", 5).alias("therapist_id"),
        _moment(pl.col("end")).dt.truncate("1d").alias("ended_on"),
        pl.when(pl.col("came")).then(pl.col("kind")).otherwise(pl.lit("never_started")).alias("kind"),
        _moment(pl.col("end") + pl.col("lag")).alias("recorded_at"),
    )


def _checkins(dice: np.random.Generator, turns: pl.DataFrame) -> pl.DataFrame:
    """A check-in two hours after each session; three in four are answered within two days."""
    held = turns.filter(pl.col("status") == _ATTENDED)
    count = held.height
    answered = pl.Series(dice.random(count) < 0.75)
    wait = pl.Series(dice.integers(10, 60 * 40, count))
    scales = dict.fromkeys(("understood", "on_target", "worth_it", "could_say", "attend_next"), (5, 11))
    scales |= dict.fromkeys(("approach", "language", "tone", "posture", "pace", "energy"), (-2, 3))
    scales["talked_down"] = (0, 2)
    sent = pl.col("start") + 120
    return held.select(
        _id("C", "client", 8).alias("client_id"),
        _id("A", "id", 9).alias("appointment_id"),
        _moment(sent).alias("sent_at"),
        pl.when(answered).then(_moment(sent + wait)).alias("answered_at"),
        *(
            pl.when(answered).then(pl.Series(dice.integers(low, high, count))).alias(name)
            for name, (low, high) in scales.items()
        ),
        pl.when(answered).then(pl.lit("leave it as it is")).alias("change"),
    )


def _clients(dice: np.random.Generator, count: int) -> pl.DataFrame:
    yes_no = np.array(["yes", "no"])
    return pl.DataFrame(
        {
            "client": np.arange(count),
            "gender": dice.choice(np.array(["man", "woman", "non-binary", ""]), count, p=(0.63, 0.33, 0.03, 0.01)),
            "birth_year": dice.integers(1955, 2007, count),
            "employment": dice.choice(np.array(["employed", "unemployed", "student", "retired"]), count),
            "prior_therapy": dice.choice(yes_no, count),
            "prior_dropout": dice.choice(yes_no, count, p=(0.2, 0.8)),
        }
    ).select(_id("C", "client", 8).alias("client_id"), pl.all().exclude("client"))


def _therapists(dice: np.random.Generator, count: int) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "therapist": np.arange(count),
            "capacity": dice.integers(12, 30, count),
            "gender": dice.choice(np.array(["man", "woman"]), count, p=(0.35, 0.65)),
            "style_pace": dice.integers(-3, 4, count),
            "style_approach": dice.integers(-3, 4, count),
        }
    ).select(_id("T", "therapist", 5).alias("therapist_id"), pl.all().exclude("therapist"))


def _join(parts: list[Path], target: Path, *, csv: bool) -> None:
    frame = pl.scan_parquet(parts)
    if csv:
        frame.sink_csv(target.with_suffix(".csv"), datetime_format=_TIME)
    else:
        frame.sink_parquet(target.with_suffix(".parquet"))
    for part in parts:
        part.unlink()


def _write(frame: pl.DataFrame, target: Path, *, csv: bool) -> None:
    if csv:
        frame.write_csv(target.with_suffix(".csv"), datetime_format=_TIME)
    else:
        frame.write_parquet(target.with_suffix(".parquet"))


def main() -> None:
    parser = argparse.ArgumentParser(description="Make a large folder of tables for timing.")
    parser.add_argument("--appointments", type=int, default=1_000_000, help="about how many (default: a million)")
    parser.add_argument("--to", type=Path, required=True, help="the folder; made if it is not there")
    parser.add_argument("--csv", action="store_true", help="CSV instead of Parquet")
    parser.add_argument("--checkins", action="store_true", help="with a check-in after every session")
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    began = time.perf_counter()
    made = make_large(asked.appointments, asked.to, csv=asked.csv, checkins=asked.checkins, seed=asked.seed)
    print(f"{made:,} appointments in {asked.to}, {time.perf_counter() - began:.0f} s.")


if __name__ == "__main__":
    main()
