"""Every word of a page can be said in another language, and a translation that is not right breaks nothing."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest
from django.template.base import Lexer, TokenType
from tools import translations

from holdfast.errors import UsageError
from holdfast_site import languages
from holdfast_site.config import SiteConfig, SmsConfig, read_config, write_config
from holdfast_site.messages.parts import parts
from tests.site.test_cli import holdfast

TEMPLATES = sorted((translations.SITE / "templates").rglob("*.html"))
UNSAID = re.compile(
    r"<(style|script|code)>.*?</\1>|<[^>]*>|&\w+;", re.S
)  # what is markup; words in it are looked at apart
HANDED_ON = re.compile(r'(?<!_\()"([A-Z][^"]* [^"]*)"')  # to a part, or to a filter
SAID_IN_MARKUP = re.compile(r'(?:aria-label|alt|title|placeholder)="([^"]*)"')


def test_the_list_of_words_is_up_to_date():
    assert translations.TARGET.read_text(encoding="utf-8") == translations.collected(), (
        "python -m tools.translations --write"
    )


@pytest.mark.parametrize("path", sorted(translations.SITE.rglob("*.py")), ids=lambda path: path.stem)
def test_no_word_is_marked_within_an_f_string_where_nobody_collects_it(path):
    strings = [one for one in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(one, ast.JoinedStr)]
    calls = [call for string in strings for call in ast.walk(string) if isinstance(call, ast.Call)]
    marked = [call for call in calls if isinstance(call.func, ast.Name) and call.func.id in translations.MARKED]
    assert [ast.unparse(call) for call in marked if any(isinstance(one, ast.Constant) for one in call.args)] == []


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(translations.SITE / "templates")))
def test_no_word_of_a_template_stands_where_it_cannot_be_translated(path):
    assert list(outside(path.read_text(encoding="utf-8"))) == []


def outside(source: str) -> list[str]:
    """Words in a template that no translation reaches."""
    shown, handed_on, translated = "", [], False
    for token in Lexer(source).tokenize():
        if token.token_type is TokenType.BLOCK:
            word = token.contents.split()[0]
            translated = word == "blocktranslate" or (translated and word != "endblocktranslate")
        if token.token_type in (TokenType.BLOCK, TokenType.VAR) and not token.contents.startswith("translate "):
            handed_on += HANDED_ON.findall(token.contents)
        shown += token.contents if token.token_type is TokenType.TEXT and not translated else " "
    words = [*handed_on, *SAID_IN_MARKUP.findall(shown), *UNSAID.sub("\n", shown).split("\n")]
    return [word.strip() for word in words if re.search(r"[A-Za-z]{2}|[A-Za-z] ", word)]


def test_a_word_that_is_left_out_would_be_found():
    assert outside('<p>Hello</p><a title="there">{% translate "Hi" %} you</a>') == ["there", "Hello", "you"]
    assert outside('{% include "a.html" with words="Come in" %}{{ x|default:"Not known" }}') == ["Come in", "Not known"]
    assert outside('{% include "a.html" with words=_("Come in") %}') == []
    assert outside('<p class="x">{% blocktranslate %}Hello <b>you</b>{% endblocktranslate %}</p>') == []


@pytest.fixture(name="german")
def _german(tmp_path):
    """A folder of a site, and the file with its words in German, none of them translated."""
    folder = tmp_path / "practice"
    given = ["--name", "Hill Street", "--timezone", "Europe/Berlin", "--reading-hours", "Montag bis Freitag"]
    assert holdfast("init", folder, *given, "--crisis", "Telefonseelsorge=0800 1110111").returncode == 0
    return folder, languages.begin(folder, "de")


def _say(path: Path, word: str, said: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert f'msgid "{word}"\nmsgstr ""' in text
    path.write_text(text.replace(f'msgid "{word}"\nmsgstr ""', f'msgid "{word}"\nmsgstr "{said}"'), encoding="utf-8")


@pytest.mark.long
def test_a_practice_translates_its_site_and_new_words_are_added_to_what_it_has(german):
    folder, path = german
    _say(path, "Help now", "Hilfe jetzt")
    told = holdfast("words", folder, "de", "--use")
    assert told.returncode == 0, told.stderr
    assert "words are not translated yet, and said in English" in told.stdout
    assert read_config(folder).language == "de"
    assert 'msgstr "Hilfe jetzt"' in path.read_text(encoding="utf-8")
    page = folder.parent / "help.html"
    assert holdfast("help-page", folder, "--to", page).returncode == 0
    assert "<h1>Hilfe jetzt</h1>" in page.read_text(encoding="utf-8")
    assert '<html lang="de">' in page.read_text(encoding="utf-8")
    assert "Did you want another page?" in page.read_text(encoding="utf-8")


@pytest.mark.long
def test_a_translation_that_would_break_a_page_is_named_and_left_out(german):
    folder, path = german
    _say(path, "%(value)s of 10", "%(wert)s von 10")
    _say(path, "Help now", "Hilfe <b>jetzt")
    config = read_config(folder).model_copy(update={"language": "de"})
    told = "\n".join(languages.advice(folder, config))
    assert "unknown named placeholder 'wert'" in told
    assert "it has 1 of the sign <, the original 0" in told
    _say(path, "You have a message", "Nachricht Ihrer Psychotherapie")
    assert "a message must not say what it is about, and 'therap' does" in "\n".join(languages.advice(folder, config))
    languages.make_ready(folder, config)
    compiled = path.with_suffix(".mo").read_bytes()
    assert b"von 10" not in compiled
    assert b"jetzt" not in compiled
    assert b"Psychotherapie" not in compiled


def test_every_english_word_is_right_as_its_own_translation(tmp_path):
    """What is found wrong in a translation is so in none of the originals."""
    path = languages.begin(tmp_path, "en-GB")
    words = languages._read(path, "en-GB")
    for message in words:
        if message.id:
            message.string = message.id
    assert [(message.id, why) for message, why in languages._wrong(words)] == []


@pytest.mark.parametrize(
    ("word", "said", "why"),
    [
        ("%(value)s of 10", "%(value)s %(value)s, also 5 % von 10", "a sign for per cent stands alone in it: write %%"),
        ("Nobody is overdue.", "100 % sind da", "a sign for per cent stands alone in it: write %%"),
        ("Nobody is overdue.", "100 %% sind da", ""),
        ("under 1", "unter 1 %", ""),
        ("called off on {over_at}", "abgesagt", "it has no {over_at}"),
        ("called off on {over_at}", "am {on_at} abgesagt", "it has {on_at}, the original has not"),
        ("called off on {over_at}", "zu 100 % am {over_at} abgesagt", ""),
    ],
)
def test_what_would_break_or_lose_a_value_is_found_in_every_kind_of_word(tmp_path, word, said, why):
    path = languages.begin(tmp_path, "de")
    _say(path, word, said)
    assert [found for _, found in languages._wrong(languages._read(path, "de"))] == ([why] if why else [])


def test_of_one_the_number_need_not_be_said(tmp_path):
    path, one = languages.begin(tmp_path, "de"), "Tried once here: too few to tell."
    text, many = path.read_text(encoding="utf-8"), "Tried {count} times here: too few to tell."
    blank = f'msgid "{one}"\nmsgid_plural "{many}"\nmsgstr[0] ""\nmsgstr[1] ""'
    assert blank in text
    for said, wrong in (("Hier {count}-mal versucht.", []), ("Hier {times}-mal versucht.", ["it has {times}"])):
        told = blank.replace('[0] ""', '[0] "Hier einmal versucht."').replace('[1] ""', f'[1] "{said}"')
        path.write_text(text.replace(blank, told), encoding="utf-8")
        found = [why.split(",")[0] for _, why in languages._wrong(languages._read(path, "de"))]
        assert found == wrong


def test_text_messages_that_become_longer_than_one_part_are_named(tmp_path):
    sms = SmsConfig(account="AC1", token_file="t", sender="+441632960000")
    config = SiteConfig.model_construct(language="pl", address="https://hill-st.example", phone="020 7946", sms=sms)
    path = languages.begin(tmp_path, "pl")
    before = path.read_text(encoding="utf-8")
    assert not [line for line in languages.advice(tmp_path, config) if "parts" in line]
    _say(path, "There is a message for you:", "Jest dla Pana wiadomość, proszę ją przeczytać:")
    told = [line for line in languages.advice(tmp_path, config) if "parts" in line]
    assert len(told) == 1
    assert "wiadomość" in told[0]
    assert "is 3 parts, in English 1: each is paid for." in told[0]
    assert told[0].endswith("Only 70 signs fit into one, and not 160, where one is like ś.")
    path.write_text(before, encoding="utf-8")
    _say(
        path,
        "Reply STOP to end these.",
        "Wer davon nichts mehr haben will, der schreibe als Antwort STOP und sonst nichts.",
    )
    told = [line for line in languages.advice(tmp_path, config) if "parts" in line]
    assert len(told) == 3
    assert all("is 2 parts, in English 1" in line and "70" not in line for line in told)
    without = config.model_copy(update={"sms": None})
    assert not [line for line in languages.advice(tmp_path, without) if "parts" in line]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("x" * 160, 1),
        ("x" * 161, 2),
        ("x" * 307, 3),
        ("€" * 80, 1),
        ("€" * 81, 2),
        ("ę" * 70, 1),
        ("ę" * 71, 2),
        ("ę" + "x" * 134, 3),
        ("😀" * 35, 1),
        ("😀" * 36, 2),
        ("äöüßé", 1),
    ],
)
def test_how_many_parts_a_text_message_has(text, expected):
    assert parts(text) == expected


@pytest.mark.long
def test_what_is_no_language_and_what_is_no_file_of_words_is_refused(german):
    folder, path = german
    assert "is not a language" in holdfast("words", folder, "klingon").stderr
    path.write_text('msgid "a\n', encoding="utf-8")
    with pytest.raises(UsageError, match="is not a file of translations"):
        languages.begin(folder, "de")
    write_config(folder, read_config(folder).model_copy(update={"language": "fr"}))
    assert "Nothing is translated into fr: holdfast site words" in holdfast("doctor", folder).stderr
