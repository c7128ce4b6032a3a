"""What a word in an unknown practice system's table means, in six languages; unknown words are never guessed."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from enum import StrEnum

from holdfast.tables.schema import InitiatedBy, Modality, Status
from holdfast.tables.sources.headings import says_attended
from holdfast.tables.sources.words import same_word


class Meaning(StrEnum):
    """What a status word can be said to mean."""

    ATTENDED = "attended"
    ATTENDED_BY_DEFAULT = "attended_by_default"  # the system sets it by itself
    NO_SHOW = "no_show"
    LATE_CANCELLED = "late_cancelled"
    CANCELLED = "cancelled"
    CANCELLED_BY_CLIENT = "cancelled_by_client"
    CANCELLED_BY_PROVIDER = "cancelled_by_provider"
    RESCHEDULED = "rescheduled"
    BOOKED = "booked"
    UNKNOWN = "unknown"
    SKIP = "skip"  # a row with this word is no appointment


STATUS_OF: Mapping[Meaning, tuple[Status, InitiatedBy | None]] = {
    Meaning.ATTENDED: (Status.ATTENDED, None),
    Meaning.ATTENDED_BY_DEFAULT: (Status.ATTENDED, None),
    Meaning.NO_SHOW: (Status.NO_SHOW, None),
    Meaning.LATE_CANCELLED: (Status.LATE_CANCELLED, None),
    Meaning.CANCELLED: (Status.CANCELLED, None),
    Meaning.CANCELLED_BY_CLIENT: (Status.CANCELLED, InitiatedBy.CLIENT),
    Meaning.CANCELLED_BY_PROVIDER: (Status.CANCELLED, InitiatedBy.PROVIDER),
    Meaning.RESCHEDULED: (Status.RESCHEDULED, None),
    Meaning.BOOKED: (Status.BOOKED, None),
    Meaning.UNKNOWN: (Status.BOOKED, None),  # nobody marked it: booked while ahead, unknown once past
}

_WORDS = {
    Meaning.ATTENDED: """
        attended, attend, show, showed, showed up, shown, kept, completed, complete, arrived, checked in, check in,
        checked out, present, seen, fulfilled, held, took place, done, finished, came, attended late, arrived late,
        attended on time, arrived on time, client attended, patient attended, client arrived, patient arrived,
        appointment kept, visit complete, session held, client showed, in attendance;
        erschienen, ist erschienen, wahrgenommen, anwesend, teilgenommen, gekommen, stattgefunden, hat stattgefunden,
        durchgeführt, abgeschlossen, erledigt, eingetroffen, war da, termin wahrgenommen;
        présent, présente, venu, venue, est venu, honoré, honorée, effectué, effectuée, réalisé, réalisée, terminé,
        terminée, arrivé, arrivée, a eu lieu, s'est présenté, s'est présentée, rendez-vous honoré;
        asistió, asistido, asistida, atendido, atendida, acudió, realizado, realizada, completado, completada, llegó,
        finalizado, finalizada, presente, se presentó;
        verschenen, aanwezig, gekomen, geweest, voltooid, afgerond, aangekomen, doorgegaan, nagekomen, bijgewoond;
        compareceu, veio, concluído, concluída, chegou, efetuado, efetuada, esteve presente, comparecimento""",
    Meaning.NO_SHOW: """
        no show, no showed, ns, did not attend, dna, didn't attend, did not arrive, did not show, did not show up,
        not attended, missed, missed appointment, failed to attend, fta, did not keep appointment, absent, unattended,
        no call no show, ncns, not arrived, did not come, non attendance, client no show, patient no show,
        client did not attend, patient did not attend, no show by client, client missed, patient missed;
        nicht erschienen, ist nicht erschienen, nicht wahrgenommen, versäumt, verpasst, nicht gekommen, unentschuldigt,
        unentschuldigt gefehlt, gefehlt, ausgeblieben, nicht anwesend, abwesend, klient nicht erschienen,
        patient nicht erschienen, nicht teilgenommen;
        absente, absence, non présenté, non présentée, ne s'est pas présenté, ne s'est pas présentée, manqué, manquée,
        non venu, non venue, pas venu, pas venue, n'est pas venu, n'est pas venue, non honoré, non honorée;
        no asistió, no se presentó, no acudió, no vino, ausente, faltó, falta, inasistencia, no asistido, no presentado;
        niet verschenen, niet gekomen, afwezig, niet komen opdagen, niet opgedaagd, gemist, niet aanwezig;
        faltou, não compareceu, não veio, não apareceu, não comparecimento""",
    Meaning.RESCHEDULED: """
        rescheduled, reschedule, moved, rebooked, postponed, rescheduled by client, rescheduled by patient;
        verschoben, verlegt, umgebucht; reporté, reportée, déplacé, déplacée, reprogrammé;
        reprogramado, reprogramada, aplazado, aplazada, reagendado, reagendada; verzet, verplaatst, uitgesteld;
        remarcado, remarcada, adiado, adiada""",
    Meaning.BOOKED: """
        booked, scheduled, confirmed, unconfirmed, not confirmed, pending, planned, tentative, upcoming, open,
        requested, waiting confirmation, booked online, accepted, reserved, unmarked, not marked;
        gebucht, geplant, bestätigt, unbestätigt, offen, vereinbart, angefragt, anstehend, reserviert;
        prévu, prévue, confirmé, confirmée, réservé, réservée, planifié, planifiée, programmé, à venir, en attente;
        programado, programada, confirmado, confirmada, reservado, reservada, pendiente, agendado, agendada;
        gepland, bevestigd, geboekt, ingepland, gereserveerd; marcado, marcada, pendente, por confirmar""",
    Meaning.UNKNOWN: """
        unknown, not recorded, not updated, no status, outcome unknown; unbekannt; inconnu, inconnue; desconocido;
        onbekend; desconhecido""",
}
_YES = frozenset({"yes", "y", "true", "1", "ja", "oui", "si", "sim"})
_CHARGED = re.compile(
    r"[\s,;:/(–-]+(no charge|not charged|charged|no fee|with fee|fee charged|fee waived|waived|billed|not billed|"
    r"unbilled|paid|unpaid|free)\)?\s*$",
    re.IGNORECASE,
)

_CANCELLED = """
    cancelled cancel cancels cancellation cxl canx abgesagt absage absagen storniert storno stornierung annule annulee
    annulation cancelado cancelada cancelacion cancelo anulado anulada anulacion geannuleerd afgezegd annulering
    afzegging desmarcado desmarcada desmarcou cancelamento cancelou"""
_CLIENT = """
    client clients patient patients pt customer klient klientin klienten patientin patienten kunde kundin kunden cliente
    clienta patiente paciente utente"""
_PROVIDER = """
    therapist therapists clinician provider practitioner counsellor counselor psychologist practice clinic doctor
    therapeut therapeutin therapeuten behandler behandlerin praxis therapeute praticien praticienne psychologue cabinet
    terapeuta profesional psicologo psicologa behandelaar praktijk profissional clinica psycholoog"""
_LINKING = """
    by the durch den die der dem von vom seitens par le la l por el pelo pela door de hat a appt appointment notice
    hours hour hrs hr h std stunden heures horas uur than als que of vor avant before do da"""
_LATE = "late lately tard kurzfristig spat tardif tardive tardivement tarde tardia tardio laat"
_TOO = "zu te too trop demasiado"
_LESS = "less under within unter weniger moins menos minder binnen short sameday"
_MORE = "more over mehr uber plus mas mais meer rechtzeitig fristgerecht intime tijdig"


def _vocabulary() -> dict[str, str]:
    kinds = {
        "off": _CANCELLED, "client": _CLIENT, "provider": _PROVIDER, "link": f"{_LINKING} {_TOO}",
        "late": f"{_LATE} {_LESS}", "early": _MORE,
    }  # fmt: skip
    return {same_word(word): kind for kind, words in kinds.items() for word in words.split()}


_KINDS = _vocabulary()
_KNOWN = {
    same_word(word): meaning for meaning, text in _WORDS.items() for word in re.split(r"[,;\n]", text) if word.strip()
}


def word_key(word: str) -> str:
    """Reduce a status word to what tells it from others; signs for less and more are words too."""
    told = word.replace("<", " less ").replace(">", " more ")
    return same_word(told) or told.strip()


def understood(word: str, heading: str = "") -> Meaning | None:
    """What a status word means, or None if it is not known. ``yes`` is known under a heading such as Attended."""
    for text in (word, _CHARGED.sub("", word)):
        found = _KNOWN.get(word_key(text)) or _called_off(text)
        if found:
            return found
    return Meaning.ATTENDED if says_attended(heading) and word_key(word) in _YES else None


def _called_off(word: str) -> Meaning | None:
    """A cancellation, if every part of the word is known: that it was called off, by whom, and how late."""
    parts = _parts(word)
    kinds = {_KINDS.get(part, "number" if re.fullmatch(r"\d+h?", part) else "") for part in parts}
    if "off" not in kinds or "" in kinds or {"client", "provider"} <= kinds or {"late", "early"} <= kinds:
        return None
    if "number" in kinds and not kinds & {"late", "early"}:  # "cancelled 24 h": before or within them?
        return None
    if "provider" in kinds:
        return Meaning.CANCELLED_BY_PROVIDER
    if "late" in kinds:
        return Meaning.LATE_CANCELLED
    return Meaning.CANCELLED_BY_CLIENT if "client" in kinds else Meaning.CANCELLED


def _parts(word: str) -> list[str]:
    told = word.replace("<", " less ").replace(">", " more ").lower().replace("same day", "sameday")
    ascii_only = unicodedata.normalize("NFKD", told).encode("ascii", "ignore").decode()
    return [same_word(part) for part in re.findall(r"[a-z]+|\d+", ascii_only)]


_VIDEO = """
    video online telehealth teletherapy telemedicine virtual zoom teams skype remote doxy webcam visio telemedicina
    videosprechstunde videosprechstunden videollamada teleconsultation videoconsultation beeldbellen ligne linea
    internet"""
_PHONE = "phone telephone telefon telefonisch telefono telefonico telefonica telefoon tel telephonique telefone anruf"
_PERSON = """
    person office face room clinic practice praxis ort vorort presencial presentiel cabinet consultorio praktijk kantoor
    raum zimmer persona onsite f2f inperson spreekkamer gabinete"""
_MODALITIES = {Modality.VIDEO: _VIDEO, Modality.PHONE: _PHONE, Modality.IN_PERSON: _PERSON}


def modality_of(text: str) -> Modality | None:
    """How they meet, if the text speaks of one way and of no other."""
    parts = set(_parts(text))
    found = [way for way, words in _MODALITIES.items() if parts & set(words.split())]
    return found[0] if len(found) == 1 else None


def canceller_of(text: str, *, client: str = "", therapist: str = "") -> InitiatedBy:
    """Who called it off, by a word for one of them or by his name; unknown for anybody else, such as an office."""
    kinds = {_KINDS.get(part, "") for part in _parts(text)}
    if text == therapist or (kinds & {"client", "provider"} == {"provider"}):
        return InitiatedBy.PROVIDER
    if text == client or (kinds & {"client", "provider"} == {"client"}):
        return InitiatedBy.CLIENT
    return InitiatedBy.UNKNOWN
