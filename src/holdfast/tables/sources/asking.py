"""What has to be asked about a table of no known system, and the mapping that the answers make."""

from __future__ import annotations

import collections.abc as abc
from dataclasses import dataclass

from holdfast.errors import UsageError
from holdfast.tables.sources.guess import Guess
from holdfast.tables.sources.headings import Field
from holdfast.tables.sources.mapping import Mapping
from holdfast.tables.sources.outcomes import Meaning, word_key
from holdfast.words import Words, plural

DAY, MONTH, NONE = Words("day first"), Words("month first"), Words("none of them")
_WHAT = {
    Field.CLIENT: Words("Which column of {file} says who the client is?").form,
    Field.DATE: Words("Which column of {file} says when the appointment was?").form,
    Field.STATUS: Words("Which column of {file} says what became of it (attended, no show, cancelled)?").form,
    Field.THERAPIST: Words("Which column of {file} says who the therapist was?").form,
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
        asked.append(
            Question(
                "sheets", Words("On which sheet of {file} are the appointments?", file=guess.file), guess.unclear_sheets
            )
        )
    for field, headings in guess.unsure.items():
        choices = (*headings, NONE) if field in _CAN_BE_NONE else headings
        asked.append(Question(f"columns.{field}", Words(_WHAT[field], file=guess.file), choices))
    if guess.order.unclear:
        words = Words(
            "Does the day or the month come first in {date}? No date in the file tells.", date=guess.order.unclear
        )
        asked.append(Question("day_first", words, (DAY, MONTH)))
    for word, known in guess.words.items():
        if known.meaning is None:
            rows = plural("{count} row", "{count} rows", known.count)
            means = Words("What does {word} mean ({rows})?", word=repr(word), rows=rows)
            asked.append(Question(f"words.{word}", means, tuple(Meaning)))
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
            raise UsageError(
                Words(
                    "{key} is not asked. Asked are: {asked}.", key=repr(key), asked=", ".join(asked) or Words("nothing")
                )
            )
        if said not in asked[key].choices:
            raise UsageError(
                Words(
                    "{key}: {said} is not an answer. Allowed: {choices}.",
                    key=key,
                    said=repr(said),
                    choices=", ".join(asked[key].choices),
                )
            )
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
    part = _in_columns if in_columns else _as_a_line
    lines: list[str] = [_form(guess)]
    for field, column in guess.columns.items():
        told = column.heading if column.sure else Words("{column}  (probably)", column=column.heading)
        lines.append(part(field.replace("_", " "), told))
    if guess.day_first is not None:
        first = DAY if guess.day_first else MONTH
        lines.append(part(Words("dates"), Words("{order}: {shown}", order=first, shown=guess.order.evidence)))
    lines += [
        f"  {_meaning(word, known.meaning, known.count)}" if in_columns else _meaning(word, known.meaning, known.count)
        for word, known in guess.words.items()
        if known.meaning
    ]
    if guess.unused:
        lines.append(part(Words("not read"), ", ".join(guess.unused)))
    return lines


def _meaning(word: str, meaning: Meaning, count: int) -> Words:
    told = meaning.replace("_", " ")
    return Words("{word} means {meaning} ({count})", word=repr(word), meaning=told, count=count)


def _form(guess: Guess) -> Words:
    rows = plural("{count} row", "{count} rows", len(guess.records))
    told = Words(
        "{file}: {rows} under the heading in row {heading}", file=guess.file, rows=rows, heading=str(guess.heading_row)
    )
    if not guess.encoding:
        return told
    parted = _DELIMITERS.get(guess.delimiter, guess.delimiter)
    return Words("{form}, {encoding}, cells parted by {parted}", form=told, encoding=guess.encoding, parted=parted)


def _in_columns(what: str, told: str) -> str:
    return f"  {what:<16} {told}"


def _as_a_line(what: str, told: str) -> str:
    return Words("{what}: {columns}", what=what, columns=told)


_DELIMITERS = {",": Words("commas"), ";": Words("semicolons"), "\t": Words("tabs"), "|": Words("bars")}


def refusal(guess: Guess) -> list[Words]:
    """What to tell a person who cannot be asked: everything that is open, and how to write it down."""
    asked = questions(guess)
    lines = [Words("{file} was not imported: these things cannot be told from it.", file=guess.file)]
    lines += [_asked(question) for question in asked]
    if any(question.key.startswith("words.") for question in asked):
        lines.append(Words("  Each word can mean: {meanings}.", meanings=", ".join(Meaning)))
        lines += _understood(guess)
    lines.append(
        Words(
            "Write this into a file such as {file}, put what is right in place of each null, and import again with "
            "--map {file}:\n{mapping}",
            file=guess.mapping_name,
            mapping=_skeleton(guess),
        )
    )
    return lines


def _asked(question: Question) -> Words:
    """A question with the key under which a mapping answers it, and the answers as they are written there."""
    told = {"key": question.key, "question": question.words}
    if question.key == "day_first":
        return Words("  {key}: {question} true: the day; false: the month.", **told)
    if question.key.startswith("words."):
        return Words("  {key}: {question}", **told)
    choices = [Words("null, for none") if choice == NONE else repr(choice) for choice in question.choices]
    return Words("  {key}: {question} It can be: {choices}", choices=choices, **told)


def _understood(guess: Guess) -> list[Words]:
    known = [
        Words("{word} is {meaning} ({count})", word=repr(word), meaning=str(known.meaning), count=known.count)
        for word, known in guess.words.items()
        if known.meaning
    ]
    return [Words("  Understood are: {known}.", known=known)] if known else []


def _skeleton(guess: Guess) -> str:
    """The mapping as far as it is known, with null where something is to be decided."""
    known = answer(guess, {})
    open_columns: dict[Field, str | None] = dict.fromkeys(guess.unsure)
    return known.model_copy(update={"columns": {**known.columns, **open_columns}}).json_text().rstrip()
