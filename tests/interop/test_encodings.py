"""The encodings that exports come in, told apart without being asked."""

from __future__ import annotations

import pytest

from holdfast.errors import SourceError
from holdfast.tables.sources.files import SourceFile

TEXTS = {
    "German": "Datum;Klient;Status\n31.12.2026;Jürgen Groß;erschienen\n",
    "short": "Datum;Klient\n31.12.2026;Jörg\n",
    "French": "Date;Patient;Statut\n31/12/2026;Noël Lefèvre;Présent\n30/12/2026;François Bœuf;Annulé\n",
    "Spanish": "Fecha;Paciente;Estado\n31/12/2026;Íñigo Muñoz;asistió\n",
    "Portuguese": "Data;Paciente;Situação\n31/12/2026;João Conceição;compareceu\n",
    "plain": "Date,Client,Status\n2026-12-31,Arthur Penn,Show\n",
}


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
@pytest.mark.parametrize("encoding", ["cp1252", "utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_the_text_is_as_it_was_written(text: str, encoding: str) -> None:
    assert SourceFile("a.csv", text.encode(encoding)).text == text


def test_a_stray_control_character_does_not_make_it_something_else() -> None:
    text = "Client,Note\nArthur Penn,copied\x02 from elsewhere\n" + "Ben O'Hara,came early\n" * 20
    assert SourceFile("a.csv", text.encode()).text == text


@pytest.mark.parametrize("data", [bytes(range(256)) * 20, b"\xff\xfeD\x00a", b"\xd0\xcf\x11\xe0" + bytes(500)])
def test_what_is_no_text_is_refused(data: bytes) -> None:
    with pytest.raises(SourceError, match=r"a\.csv is not text"):
        SourceFile("a.csv", data).text  # noqa: B018
