"""What a column of an unknown practice system holds, by its heading in six languages."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from enum import StrEnum

from holdfast.tables.sources.grid import plain
from holdfast.tables.sources.words import same_word


class Field(StrEnum):
    """What a column can be read as. A name may stand in one column or in two."""

    CLIENT_ID = "client_id"
    CLIENT = "client"
    CLIENT_FIRST = "client_first_name"
    CLIENT_LAST = "client_last_name"
    THERAPIST_ID = "therapist_id"
    THERAPIST = "therapist"
    THERAPIST_FIRST = "therapist_first_name"
    THERAPIST_LAST = "therapist_last_name"
    DATE = "date"
    TIME = "time"
    STATUS = "status"
    CANCELLED_AT = "cancelled_at"
    CANCELLED_BY = "cancelled_by"
    BOOKED_AT = "booked_at"
    APPOINTMENT_ID = "appointment_id"
    MODALITY = "modality"
    FEE = "fee"
    GENDER = "gender"
    BIRTH = "birth"


CLIENT_FIELDS = (Field.CLIENT_ID, Field.CLIENT, Field.CLIENT_FIRST, Field.CLIENT_LAST)
THERAPIST_FIELDS = (Field.THERAPIST_ID, Field.THERAPIST, Field.THERAPIST_FIRST, Field.THERAPIST_LAST)
DATE_FIELDS = (Field.DATE, Field.CANCELLED_AT, Field.BOOKED_AT, Field.BIRTH)

# English; German; French; Spanish; Dutch; Portuguese. The likelier a heading means the field, the earlier it stands.
_ALIASES = {
    Field.CLIENT_ID: """
        client id, client number, client no, client code, client ref, client reference, patient id, patient number,
        patient no, patient code, mrn, medical record number, chart number, chart no, case number, customer id;
        klienten id, klientennummer, klienten nr, klient id, patienten id, patientennummer, patienten nr, kundennummer;
        id client, id patient, numéro client, numéro patient, numéro de dossier, n° patient, n° client, code patient;
        id cliente, id paciente, número de paciente, número de cliente, nº paciente, expediente, historia clínica;
        cliëntnummer, patiëntnummer, cliënt id, patiënt id, cliëntcode, dossiernummer;
        id do cliente, id do paciente, número do paciente, número do cliente, código do paciente, prontuário""",
    Field.CLIENT: """
        client, client name, client full name, client names, patient, patient name, patients name, clients name,
        patient full name, service user,
        customer, customer name, attendee, attendee name, invitee, full name, name, clients, patients;
        klient, klientin, klient in, klientname, name des klienten, patientin, patient in, patientenname, patienten,
        klienten, kunde, kundin, kundenname, name des patienten;
        nom du client, nom du patient, nom complet, client e, patient e, cliente, patiente, nom et prénom, nom prénom;
        paciente, nombre del cliente, nombre del paciente, nombre completo, nombre y apellidos, clienta, nombre;
        cliënt, cliëntnaam, naam cliënt, patiënt, patiëntnaam, naam patiënt, naam;
        nome do cliente, nome do paciente, nome completo, utente, nome do utente, nome, nom""",
    Field.CLIENT_FIRST: """
        first name, firstname, given name, forename, client first name, patient first name, client given name,
        preferred name;
        vorname, vorname klient, vorname patient; prénom, prénom du client, prénom du patient; nombre de pila;
        voornaam, voornaam cliënt, roepnaam; primeiro nome, nome próprio""",
    Field.CLIENT_LAST: """
        last name, lastname, surname, family name, client last name, patient last name, client surname;
        nachname, familienname, nachname klient, nachname patient, zuname; nom de famille; apellido, apellidos;
        achternaam, achternaam cliënt, familienaam; sobrenome, apelido, último nome""",
    Field.THERAPIST_ID: """
        therapist id, clinician id, provider id, practitioner id, staff id, counsellor id, counselor id;
        therapeuten id, behandler id, therapeutennummer; id thérapeute, id praticien; id terapeuta, id profesional;
        behandelaar id, therapeut id; id do terapeuta, id do profissional""",
    Field.THERAPIST: """
        therapist, therapist name, clinician, clinician name, provider, provider name, rendering provider, practitioner,
        practitioner name, counsellor, counselor, psychologist, psychotherapist, staff, staff member, staff name,
        team member, coach, doctor, host;
        therapeut, therapeutin, therapeut in, behandler, behandlerin, psychotherapeut, psychotherapeutin, berater,
        beraterin, psychologe, psychologin, mitarbeiter;
        thérapeute, praticien, praticienne, psychologue, psychothérapeute, intervenant, professionnel,
        nom du thérapeute;
        terapeuta, psicólogo, psicóloga, profesional, nombre del terapeuta;
        behandelaar, psycholoog, hulpverlener, naam behandelaar, naam therapeut, medewerker;
        profissional, nome do terapeuta, nome do profissional""",
    Field.THERAPIST_FIRST: """
        therapist first name, clinician first name, provider first name, practitioner first name, staff first name;
        vorname therapeut, vorname behandler; prénom du thérapeute, prénom du praticien; voornaam behandelaar""",
    Field.THERAPIST_LAST: """
        therapist last name, clinician last name, provider last name, practitioner last name, staff last name;
        nachname therapeut, nachname behandler; nom du praticien; achternaam behandelaar""",
    Field.DATE: """
        date, dos, start date, day, scheduled date, appointment, session, visit, when, event date;
        datum, termindatum, termin, tag, startdatum, sitzungsdatum; jour, date de début, rendez vous, rdv, séance;
        fecha, fecha de inicio, día, cita, sesión; begindatum, afspraakdatum, dag, afspraak; data, data de início, dia,
        consulta, sessão""",
    Field.TIME: """
        time, start time, scheduled time, time of day, hour; uhrzeit, zeit, startzeit, anfangszeit, beginnzeit,
        terminzeit;
        heure, heure de début, horaire; hora, hora de inicio, horario; tijd, tijdstip, starttijd, begintijd,
        aanvangstijd;
        hora de início, horário""",
    Field.STATUS: """
        status, attendance, attendance status, outcome, attendance outcome, attended, attend or dna, result,
        disposition, show, arrived, attendance type, state, cancellation status;
        terminstatus, anwesenheit, anwesend,
        teilnahme, erschienen, ergebnis, wahrgenommen; statut, état, présence, présent,
        issue;
        estado, estatus, asistencia, asistió, resultado, situación; aanwezigheid, aanwezig, opkomst, resultaat,
        uitkomst, verschenen; situação, presença, comparecimento, comparência, compareceu""",
    Field.CANCELLED_AT: """
        cancelled at, cancelled on, cancelled, cancellation date, cancelled date, date cancelled, date of cancellation,
        cancel date, cancellation time, cancelled date time, time cancelled, cancellation date time, date canceled;
        abgesagt am, storniert am, absagedatum, stornodatum, absage am, abgesagt um; annulé le, date d'annulation;
        cancelado el, cancelada el, fecha de cancelación; geannuleerd op, afgezegd op, annuleringsdatum;
        cancelado em, cancelada em, data de cancelamento, data do cancelamento""",
    Field.CANCELLED_BY: """
        cancelled by, cancelled by whom, who cancelled, cancellation by, cancellation initiated by, initiated by,
        cancelled by type;
        abgesagt von, abgesagt durch, storniert von, storniert durch, absage durch; annulé par, annulation par;
        cancelado por, cancelada por; geannuleerd door, afgezegd door; cancelamento por""",
    Field.BOOKED_AT: """
        booked at, booked on, booked, date booked, booking date, created at, created on, created, date created,
        creation date, booking time, scheduled on, scheduled at, date made, made on, booking created;
        gebucht am, erstellt am, angelegt am, buchungsdatum, vereinbart am, erstellungsdatum;
        réservé le, créé le, date de création, date de réservation, pris le; creado el, reservado el, fecha de creación,
        fecha de reserva; geboekt op, aangemaakt op, gemaakt op, boekingsdatum; criado em, marcado em, agendado em,
        data de criação, data de marcação, data do agendamento""",
    Field.APPOINTMENT_ID: """
        appointment id, id, appointment number, appointment no, appointment ref, appointment reference, booking id,
        booking reference, booking ref, session id, event id, visit id, confirmation number;
        termin id, terminnummer, buchungsnummer; id rendez vous, numéro de rendez vous, id rdv; id cita, número de cita;
        afspraak id, afspraaknummer; id da consulta, número da consulta, id do agendamento""",
    Field.MODALITY: """
        modality, mode, format, location type, session format, appointment mode, delivery, medium, location, place;
        durchführung, durchführungsart, ort, sitzungsart; modalité, lieu; modalidad, formato, lugar, ubicación;
        vorm, locatie, plaats; modalidade, local""",
    Field.FEE: """
        fee, session fee, rate, price, cost, charge, total fee, amount, amount charged;
        honorar, preis, betrag, gebühr; tarif, honoraires, prix, montant; tarifa, honorarios, precio, importe;
        tarief, prijs, bedrag, kosten; honorários, preço, valor""",
    Field.GENDER: "gender, sex, client gender, patient gender, patient sex; geschlecht; sexe, genre; sexo, género;"
    "geslacht; gênero",
    Field.BIRTH: """
        date of birth, dob, birth date, birthdate, birthday, birth year, year of birth, client dob, patient dob, born;
        geburtsdatum, geburtsjahr, geboren, geboren am, geb; date de naissance, année de naissance, né le, née le;
        fecha de nacimiento, año de nacimiento, nacimiento; geboortedatum, geboortejaar;
        data de nascimento, ano de nascimento, nascimento""",
}
_STARTS = """
    start, starts, starts at, start at, begin, begins, from, date time, datetime, date and time, start date time,
    start datetime, start date and time, scheduled start, scheduled for, appointment start;
    beginn, von, datum uhrzeit, datum und uhrzeit, termin beginn, datum zeit; début, de, date heure, date et heure;
    inicio, fecha hora, fecha y hora, desde; aanvang, datum tijd, datum en tijd, van; início, data hora, data e hora"""
_NOISE_WORDS = """
    appointment, appointments, appt, apt, session, sessions, visit, service, scheduled, termin, termins, sitzung,
    sitzungs, rdv, rendez, vous, séance, consultation, cita, sesión, afspraak, sessie, consulta, sessão,
    the, of, der, des, die, das, du, de, la, le, les, l, d, del, da, do, van, het"""
_ATTENDED = """
    attended, attendance, show, arrived, erschienen, anwesenheit, anwesend, teilnahme, wahrgenommen, présence, présent,
    asistencia, asistió, aanwezig, aanwezigheid, verschenen, presença, comparecimento, comparência, compareceu"""
_OWN_NAME = frozenset(map(plain, ("name", "nom", "nombre", "nome", "naam")))  # a surname or first name beside the other


def _split(text: str) -> Iterator[str]:
    return (alias.strip() for alias in re.split(r"[,;\n]", text) if alias.strip())


def _ranked() -> dict[str, list[tuple[int, Field]]]:
    found: dict[str, list[tuple[int, Field]]] = {}
    for field, text in _ALIASES.items():
        for rank, alias in enumerate(dict.fromkeys(map(same_word, _split(text)))):
            found.setdefault(alias, []).append((rank, field))
    return found


_FIELDS = _ranked()
_START_WORDS = frozenset(map(same_word, _split(_STARTS)))
_ATTENDED_WORDS = frozenset(map(same_word, _split(_ATTENDED)))
_NOISE = frozenset(map(plain, _split(_NOISE_WORDS)))


def meanings_of(heading: str) -> list[tuple[int, Field]]:
    """What a heading can mean, each with how far from the field's usual heading it is: 0 is nearest."""
    found = _FIELDS.get(same_word(heading), [])
    reduced = _without_noise(heading)
    return found or [(rank + 100, field) for rank, field in _FIELDS.get(reduced, [])]


def is_start(heading: str) -> bool:
    """Say whether a heading means the start, which may be a date, a time or both."""
    return same_word(heading) in _START_WORDS or _without_noise(heading) in _START_WORDS


def says_attended(heading: str) -> bool:
    """Say whether a yes under this heading means that he came."""
    return same_word(heading) in _ATTENDED_WORDS or _without_noise(heading) in _ATTENDED_WORDS


def is_bare_name(heading: str) -> bool:
    """Say whether this is ``Name`` or ``nom``: the whole name, or the other half beside a first name or surname."""
    return plain(heading) in _OWN_NAME


def score(headings: Iterable[str]) -> int:
    """Of how many different fields this row could be the heading."""
    return len({field for heading in headings for _, field in meanings_of(heading)} | _starts(headings))


def _starts(headings: Iterable[str]) -> set[Field]:
    return {Field.DATE for heading in headings if is_start(heading)}


def _without_noise(heading: str) -> str:
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", heading)
    words = [plain(word) for word in re.split(r"[\W_]+", spaced) if plain(word)]
    return same_word(" ".join(word for word in words if word not in _NOISE))
