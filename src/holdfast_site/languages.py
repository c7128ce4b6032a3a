"""The site in another language: words that a practice translated, in ``locale`` in its folder.

They are a file of gettext for each language, ``locale/LANGUAGE/LC_MESSAGES/django.po``, begun from the list of all
words that comes with Holdfast. What has not been translated, or not rightly, is said in English.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from holdfast.errors import UsageError
from holdfast.words import PLACE
from holdfast_site.config import LOCALE, SiteConfig
from holdfast_site.discreet import telling

if TYPE_CHECKING:
    from babel.messages import Catalog, Message

EVERY_WORD = Path(__file__).resolve().parent / LOCALE / "django.pot"
ENGLISH = "en"
WORDING = "messages/wording.py"  # what a message says: it must not tell what it is about (safety rule 13)
LIBRARY = "holdfast/"  # words of the library: their values stand in curly braces, by name
PAGE = ".html"  # where a sign for per cent is always written twice
FILLED = re.compile(r"%\(\w+\)")
VALUE = re.compile(r"%%|%\(\w+\)s")
SHOWN = 3  # words that are named; of the others, how many


def N_(words: str) -> str:
    """Mark words that are declared in one place and said, with gettext, in another."""
    return words


def words_file(folder: Path, language: str) -> Path:
    """Where a practice keeps its words of one language."""
    place = language.replace("-", "_")
    return folder / LOCALE / place / "LC_MESSAGES" / "django.po"


def begin(folder: Path, language: str) -> Path:
    """Make the file for a language, or add the words that are new to it; what is translated stays.

    Raises
    ------
    UsageError
        If the file is there and cannot be read.
    """
    from babel.messages.pofile import write_po

    path = words_file(folder, language)
    words = _read(path, language) if path.exists() else _empty(language)
    words.update(_read(EVERY_WORD, ENGLISH), no_fuzzy_matching=True)
    _with_values_marked(words)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as to:
        write_po(to, words, include_lineno=False, ignore_obsolete=True, width=100)
    return path


def make_ready(folder: Path, config: SiteConfig) -> None:
    """Compile the words of the site's language for gettext, if the practice has any: the right ones of them.

    Raises
    ------
    UsageError
        If there are none for another language than English, or they cannot be read.
    """
    from babel.messages.mofile import write_mo

    path = words_file(folder, config.language)
    if not path.exists():
        if is_english(config):
            return
        raise UsageError(
            f"Nothing is translated into {config.language}: holdfast site words {folder} {config.language}"
        )
    words = _read(path, config.language)
    for message, _ in list(_wrong(words)):
        words.delete(message.id, message.context)
    with path.with_suffix(".mo").open("wb") as to:
        write_mo(to, words)


def advice(folder: Path, config: SiteConfig) -> list[str]:
    """What is still said in English, and what is not rightly translated."""
    path = words_file(folder, config.language)
    if not path.exists():
        return []  # English; without words for another language a site does not start
    words = _read(path, config.language)
    open_ = sum(not _is_said(words.get(one.id, one.context)) for one in _read(EVERY_WORD, ENGLISH) if one.id)
    found = [f"{open_} words are not translated yet, and said in English: {path}"] if open_ else []
    wrong = list(_wrong(words))
    told = [f"{path}, line {message.lineno}: {why}. It is said in English." for message, why in wrong]
    more = [f"… and {len(told) - SHOWN} more"] if len(told) > SHOWN else []
    for message, _ in wrong:
        words.delete(message.id, message.context)
    return [*found, *told[:SHOWN], *more, *_longer(words, config)]


def is_english(config: SiteConfig) -> bool:
    """Whether the site speaks as it was written."""
    return config.language.split("-")[0] == ENGLISH


def _wrong(words: Catalog) -> Iterator[tuple[Message, str]]:
    """Translations that would break a page: a value that is not the original's, or a tag of HTML more or less.

    And those of a message that would tell somebody who sees it what it is about.
    """
    files = {one.id: [file for file, _ in one.locations] for one in _read(EVERY_WORD, ENGLISH)}
    for message in words:
        if message.id and _is_said(message) and (why := _why_wrong(message, words, files.get(message.id, ()))):
            yield message, why


def _why_wrong(message: Message, words: Catalog, files: Collection[str]) -> str:
    original = "".join(_originals(message))
    why = next((str(error) for error in message.check(words)), "")
    if FILLED.search(original) or any(file.endswith(PAGE) for file in files):
        why = why or _alone(message)
    of_library = any(file.startswith(LIBRARY) for file in files)
    why = why or _other_marks(message, "<>" if of_library else "<>{}")
    why = why or (_other_values(message) if of_library else "")
    return why or (_tells(message) if WORDING in files else "")


def _alone(message: Message) -> str:
    """Whether a sign for per cent stands where it would be taken for the beginning of a value."""
    if any("%" in VALUE.sub("", said) for said in _strings(message)):
        return "a sign for per cent stands alone in it: write %%"
    return ""


def _other_marks(message: Message, marks: str) -> str:
    """Whether values in curly braces and HTML are those of the original: they are taken over as they stand."""
    original = _originals(message)[-1]
    for said in _strings(message):
        for mark in marks:
            if said.count(mark) != original.count(mark):
                return f"it has {said.count(mark)} of the sign {mark}, the original {original.count(mark)}"
    return ""


def _other_values(message: Message) -> str:
    """Whether the values of the library's words are those of the original. One may be said without its number."""
    values = set(PLACE.findall("".join(_originals(message))))
    needed = values - {"count"} if message.pluralizable else values
    for said in _strings(message):
        told = set(PLACE.findall(said))
        if other := told - values:
            return f"it has {{{min(other)}}}, the original has not"
        if missing := needed - told:
            return f"it has no {{{min(missing)}}}"
    return ""


def _longer(words: Catalog, config: SiteConfig) -> list[str]:
    """Text messages that have more parts than in English: each part is paid for."""
    from holdfast_site.messages.parts import other_sign, parts
    from holdfast_site.messages.wording import text_messages

    if config.sms is None:
        return []
    right = {message.id: message.string for message in words if _is_said(message)}
    given = {"hears_replies": config.sms.hears_replies}
    english, told = (
        text_messages(config.address, config.phone, **given, say=say)
        for say in (str, lambda one: str(right.get(one, one)))
    )
    return [
        f'As a text message "{said}" is {parts(said)} parts, in English {parts(one)}: each is paid for.'
        + (f" Only 70 signs fit into one, and not 160, where one is like {sign}." if (sign := other_sign(said)) else "")
        for one, said in zip(english, told, strict=True)
        if parts(said) > parts(one)
    ]


def _tells(message: Message) -> str:
    found = next(filter(None, map(telling, _strings(message))), "")
    return f"a message must not say what it is about, and {found!r} does" if found else ""


def _is_said(message: Message | None) -> bool:
    if message is None or message.fuzzy:
        return False
    return all(_strings(message))


def _originals(message: Message) -> Sequence[str]:
    return [message.id] if isinstance(message.id, str) else message.id


def _strings(message: Message) -> Sequence[str]:
    """What is said: one, or one for each number."""
    return [message.string] if isinstance(message.string, str) else message.string or [""]


def _with_values_marked(words: Catalog) -> Catalog:
    """The same, marked as having values only where they have; "95 % in" looks to gettext as if it had one."""
    for message in words:
        if not FILLED.search("".join(_originals(message))):
            message.flags.discard("python-format")
    return words


def _empty(language: str) -> Catalog:
    from babel.messages import Catalog

    return Catalog(locale=language.replace("-", "_"), project="Holdfast", fuzzy=False)


def _read(path: Path, language: str) -> Catalog:
    from babel.messages.pofile import PoFileError, read_po

    try:
        with path.open("rb") as file:
            return _with_values_marked(read_po(file, locale=language.replace("-", "_"), abort_invalid=True))
    except (PoFileError, UnicodeDecodeError, ValueError) as error:
        raise UsageError(f"{path} is not a file of translations: {error}") from error
