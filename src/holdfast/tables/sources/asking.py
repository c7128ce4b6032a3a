"""What has to be asked about a table of no known system, and the mapping that the answers make."""

from __future__ import annotations

import collections.abc as abc
from dataclasses import dataclass

from holdfast.errors import UsageError
from holdfast.tables.sources.guess import Guess
from holdfast.tables.sources.headings import Field
from holdfast.tables.sources.mapping import Mapping
from holdfast.tables.sources.outcomes import Meaning, word_key

DAY, MONTH, NONE = "day first", "month first", "none of them"
_WHAT = {
    Field.CLIENT: "who the client is",
    Field.DATE: "when the appointment was",
    Field.STATUS: "what became of it (attended, no show, cancelled)",
    Field.THERAPIST: "who the therapist was",
}
_CAN_BE_NONE = (Field.STATUS, Field.THERAPIST)


@dataclass(frozen=True, slots=True)
class Question:
    """One thing that cannot be told from the file. ``choices`` are the answers that are understood."""

    key: str
    words: str
    choices: tuple[str, ...]


def questions(guess: Guess) -> list[Question]:
    """What has to be answered before the file can be read. After some answers there may be further questions."""
    asked = []
    if guess.unclear_sheets:
        asked.append(Question("sheets", f"On which sheet of {guess.file} are the appointments?", guess.unclear_sheets))
    for field, headings in guess.unsure.items():
        choices = (*headings, NONE) if field in _CAN_BE_NONE else headings
        asked.append(Question(f"columns.{field}", f"Which column of {guess.file} says {_WHAT[field]}?", choices))
    if guess.order.unclear:
        words = f"Does the day or the month come first in {guess.order.unclear}? No date in the file tells."
        asked.append(Question("day_first", words, (DAY, MONTH)))
    for word, known in guess.words.items():
        if known.meaning is None:
            rows = f"{known.count:,} row" + ("" if known.count == 1 else "s")
            asked.append(Question(f"words.{word}", f"What does {word!r} mean ({rows})?", tuple(Meaning)))
    return asked


def answer(guess: Guess, answers: abc.Mapping[str, str]) -> Mapping:
    """Make a mapping of a guess and the answers to its questions. What is not answered stays open.

    Raises
    ------
    UsageError
        If an answer is to no question, or not one of its choices.
    """
    asked = {question.key: question for question in questions(guess)}
    for key, said in answers.items():
        if key not in asked:
            raise UsageError(f"{key!r} is not asked. Asked are: {', '.join(asked) or 'nothing'}.")
        if said not in asked[key].choices:
            raise UsageError(f"{key}: {said!r} is not an answer. Allowed: {', '.join(asked[key].choices)}.")
    return Mapping(
        columns=_columns(guess, answers),
        day_first=answers["day_first"] == DAY if "day_first" in answers else guess.day_first,
        words=_words(guess, answers),
        sheets=[answers["sheets"]] if "sheets" in answers else guess.told.sheets,
        therapist=guess.told.therapist,
    )


def _columns(guess: Guess, answers: abc.Mapping[str, str]) -> dict[Field, str | None]:
    columns: dict[Field, str | None] = {field: None for field, name in guess.told.columns.items() if name is None}
    columns |= {field: column.heading for field, column in guess.columns.items()}
    for field in guess.unsure:
        said = answers.get(f"columns.{field}")
        if said is not None:
            columns[field] = None if said == NONE else said
    return columns


def _words(guess: Guess, answers: abc.Mapping[str, str]) -> dict[str, Meaning | None]:
    """The words of this file, and those told before that are not in it."""
    words: dict[str, Meaning | None] = {word: known.meaning for word, known in guess.words.items()}
    here = {word_key(word) for word in words}
    words |= {word: meaning for word, meaning in guess.told.words.items() if word_key(word) not in here}
    for word in guess.words:
        if f"words.{word}" in answers:
            words[word] = Meaning(answers[f"words.{word}"])
    return words


def guess_lines(guess: Guess, *, in_columns: bool = True) -> list[str]:
    """The guess for a person to look at: the form of the file, its columns, its words with their counts.

    In columns, as for a terminal; else each line as "what: said".
    """
    part = "  {:<16} {}" if in_columns else "{}: {}"
    form = (
        f", {guess.encoding}, cells parted by {_DELIMITERS.get(guess.delimiter, guess.delimiter)}"
        if guess.encoding
        else ""
    )
    count = len(guess.records)
    rows = "1 row" if count == 1 else f"{count:,} rows"
    lines = [f"{guess.file}: {rows} under the heading in row {guess.heading_row}{form}"]
    lines += [
        part.format(field.replace("_", " "), f"{column.heading}{'' if column.sure else '  (probably)'}")
        for field, column in guess.columns.items()
    ]
    if guess.day_first is not None:
        lines.append(part.format("dates", f"{'day' if guess.day_first else 'month'} first: {guess.order.evidence}"))
    lines += [
        f"{'  ' if in_columns else ''}{word!r} means {known.meaning.replace('_', ' ')} ({known.count:,})"
        for word, known in guess.words.items()
        if known.meaning
    ]
    if guess.unused:
        lines.append(part.format("not read", ", ".join(guess.unused)))
    return lines


_DELIMITERS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars"}


def refusal(guess: Guess) -> str:
    """What to tell a person who cannot be asked: everything that is open, and how to write it down."""
    asked = questions(guess)
    lines = [f"{guess.file} was not imported: these things cannot be told from it."]
    lines += [f"  {question.key}: {question.words}{_choices(question)}" for question in asked]
    if any(question.key.startswith("words.") for question in asked):
        lines.append(f"  Each word can mean: {', '.join(Meaning)}.")
        lines += _understood(guess)
    lines.append(
        f"Write this into a file such as {guess.mapping_name}, put what is right in place of each null, "
        f"and import again with --map {guess.mapping_name}:"
    )
    return "\n".join([*lines, _skeleton(guess)])


def _choices(question: Question) -> str:
    if question.key == "day_first":
        return " true: the day; false: the month."
    if question.key.startswith("words."):
        return ""
    return " It can be: " + ", ".join(
        "null, for none" if choice == NONE else repr(choice) for choice in question.choices
    )


def _understood(guess: Guess) -> list[str]:
    known = [f"{word!r} is {known.meaning} ({known.count:,})" for word, known in guess.words.items() if known.meaning]
    return [f"  Understood are: {', '.join(known)}."] if known else []


def _skeleton(guess: Guess) -> str:
    """The mapping as far as it is known, with null where something is to be decided."""
    known = answer(guess, {})
    open_columns: dict[Field, str | None] = dict.fromkeys(guess.unsure)
    return known.model_copy(update={"columns": {**known.columns, **open_columns}}).json_text().rstrip()
