"""What he was asked and what he answered: Questionnaire, QuestionnaireResponse.

A check-in whose answers went to different people is several responses with one identifier: what he marked as not for
his therapist is labelled so in ``meta.security``, and a label holds for a whole resource.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from holdfast.fhir.elements import (
    CORE,
    OURS,
    PATIENT,
    Body,
    extension,
    filled,
    himself,
    id_of,
    moment,
    reference,
    resource,
)
from holdfast.fhir.record import Answer, Answers, Form, Question, Record, Value
from holdfast.fhir.visits import ENCOUNTER
from holdfast.tables.schema import Status

Coding = Mapping[str, object]


def questionnaires(record: Record) -> Iterator[Body]:
    """The forms that he was asked by, as far as there is an answer to one."""
    used = {one.form for one in record.answers}
    for one in record.forms:
        if one.name in used:
            yield resource(
                record,
                "Questionnaire",
                one.name,
                url=_url(one),
                version=str(one.version),
                title=one.title,
                status="active",
                subjectType=[PATIENT],
                item=[_asked(question, one) for question in one.questions],
            )


def _url(form: Form) -> str:
    return f"urn:holdfast:questionnaire:{form.name}"


def _asked(question: Question, form: Form) -> Body:
    item: Body = {"linkId": question.name, "text": question.asks, "required": False}
    if question.within:
        low, high = question.within
        limits = [
            *extension(f"{CORE}minValue", valueInteger=low),
            *extension(f"{CORE}maxValue", valueInteger=high),
        ]
        return {"extension": limits, **item, "type": "integer"}
    if question.options:
        options = [{"valueCoding": _coding(form, *option)} for option in question.options]
        return {**item, "type": "choice", "answerOption": options}
    return {**item, "type": "text"}


def _coding(form: Form, value: Value, words: str) -> Coding:
    """One answer of several, in words; and, where the answers lie on a scale, where it lies."""
    number = extension(f"{CORE}ordinalValue", valueDecimal=value) if isinstance(value, int) else []
    code = str(value)
    return filled({"extension": number, "system": _url(form), "code": code, "display": words})


def responses(record: Record) -> Iterator[Body]:
    """What he answered. A question that he skipped is not in it; one that he took back is, without an answer."""
    forms = {one.name: one for one in record.forms}
    held = {one.id for one in record.visits if one.status == Status.ATTENDED}
    for one in record.answers:
        form = forms[one.form]
        yield resource(
            record,
            "QuestionnaireResponse",
            one.id,
            withheld=one.withheld,
            identifier=_checkin(record, one),
            questionnaire=f"{_url(form)}|{form.version}",
            status="amended" if any(answer.put_right_at for answer in one.answers) else "completed",
            subject=himself(record),
            encounter=reference(record, ENCOUNTER, one.visit) if one.visit in held else None,
            authored=moment(one.at),
            author=himself(record),
            source=himself(record),
            item=[_answered(answer, form) for answer in one.answers],
        )


def _checkin(record: Record, one: Answers) -> Body:
    return {"system": "urn:ietf:rfc:3986", "value": f"urn:uuid:{id_of(record, 'checkin', one.checkin)}"}


def _answered(answer: Answer, form: Form) -> Body:
    item: Body = {"linkId": answer.name, "text": answer.asks}
    if answer.put_right_at:
        parts = [
            *extension("before", valueString=answer.before),
            *extension("at", valueDateTime=moment(answer.put_right_at)),
        ]
        item = {"extension": [{"url": f"{OURS}put-right", "extension": parts}], **item}
    return item if answer.value is None else {**item, "answer": [_value(answer, form)]}


def _value(answer: Answer, form: Form) -> Body:
    question = next((one for one in form.questions if one.name == answer.name), None)
    if question and question.within and isinstance(answer.value, int):
        return {"valueInteger": answer.value}
    if question and question.options and answer.value is not None:
        return {"valueCoding": _coding(form, answer.value, answer.says)}
    return {"valueString": answer.says}
