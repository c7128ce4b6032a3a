"""Names and addresses from a table: looked at first, kept as if they had been typed, and nothing is written over."""

from __future__ import annotations

import io
from uuid import uuid4

import pytest

from tests.site.conftest import client, signed_in
from tests.site.handover.test_holding import text
from tests.site.people.test_contacts import kept

HEADING = "Client ID,Name,Email,Phone\n"
DAN = "dan,Dan Marsh,dan@zanzibar.example,07700 900123\n"


@pytest.fixture(name="desk")
def _desk(cast):
    return signed_in("desk")


def brought(who, content, *, form=None, name="clients.csv"):
    file = io.BytesIO(content if isinstance(content, bytes) else content.encode())
    file.name = name
    return who.post("/cards/", {"form": str(form or uuid4()), "table": file})


def taken(who, content, **told):
    """Bring a table and take it over; what the page says then."""
    address = brought(who, content).url
    assert who.post(f"{address}/take", told).status_code == 302
    return text(who.get(address))


def card(name):
    from holdfast_site.people.models import Client
    from holdfast_site.people.selectors import cards_of

    return cards_of([Client.objects.get(pk=name)])[name]


def test_it_is_looked_at_first_and_taken_over_once(cast, desk, rows, stored):
    from holdfast_site.audit.models import Event
    from holdfast_site.exchange.models import Upload

    before, form = rows()["Contact"], uuid4()
    address = brought(desk, f"{HEADING}{DAN}eli,Eli Ash,,\nnobody,X,,\n", form=form).url
    assert brought(desk, HEADING + DAN, form=form).url == address
    page = text(desk.get(address))
    assert "3 rows were read." in page
    assert "2 clients get something new. Names: 2, e-mail addresses: 1, phone numbers: 1." in page
    assert 'Id ("Client ID"), Name ("Name"), E-mail ("Email"), Phone ("Phone")' in page
    assert "dan · Dan Marsh · dan@zanzibar.example · 07700 900123" in page
    assert "1 row: No client here has this id." in page
    assert "Row 4: nobody" in page
    assert "Nothing has been changed yet." in page
    assert rows()["Contact"] == before
    for _ in range(2):
        assert desk.post(f"{address}/take").status_code == 302
    done = text(desk.get(address))
    assert "Taken over" in done
    assert "2 clients get something new." in done
    assert card("dan").email == "dan@zanzibar.example"
    assert card("dan").channel == "none"
    assert card("eli").name == "Eli Ash"
    told = Event.objects.filter(action="contact.changed").values_list("about", flat=True)
    assert sorted(told) == ["client:dan", "client:eli"]
    assert Event.objects.filter(action="cards.taken").count() == 1
    upload = Upload.objects.get()
    assert bytes(upload.sealed) == b""
    assert "nobody" not in str(upload.account)
    assert b"zanzibar" not in stored()


def test_the_same_table_again_changes_nothing(cast, desk, rows):
    taken(desk, HEADING + DAN)
    before = rows()["Contact"]
    assert "1 row says what stands here already, or nothing." in taken(
        desk, HEADING + "dan,DAN  MARSH,Dan@Zanzibar.example,07700-900123\n"
    )
    assert rows()["Contact"] == before


@pytest.mark.hazard("H-16")
def test_a_first_address_is_what_a_first_address_typed_by_the_desk_is(cast, desk, now):
    from holdfast_site.accounts.whose_address import is_his_own
    from holdfast_site.messages.models import Message
    from holdfast_site.people.models import Contact

    by_hand = {"name": "Eli Ash", "email": "eli@zanzibar.example", "channel": "none", "wording": "message"}
    desk.post("/clients/eli", {**by_hand, "safe_from": 8, "safe_until": 21})
    taken(desk, HEADING + "dan,Dan Marsh,dan@zanzibar.example,\n")
    dans, elis = (Contact.objects.get(client=one) for one in ("dan", "eli"))
    assert dans.hand("email") == elis.hand("email")
    assert dans.hand("phone") == elis.hand("phone")
    assert is_his_own(dans, "email", now=now)
    assert not Message.objects.exists()


@pytest.mark.hazard("H-08", "H-16")
def test_what_stands_or_was_taken_away_is_never_written_over(cast, desk, now, rows):
    from holdfast_site.access.actors import Actor, Role
    from holdfast_site.people.contacts import ContactCard
    from holdfast_site.people.services import keep_contact

    kept(cast.dan, now, name="Dan Marsh", email="dan@old.example", phone="07700 900999")
    kept(cast.dan, now, name="Dan Marsh", email="dan@old.example")  # the number was taken away
    ann = client("ann")
    keep_contact(by=Actor(Role.CLIENT, id="7", client_id="ann"), client=ann, card=ContactCard(name="Ann"), now=now)
    before = rows()["Contact"]
    page = taken(desk, f"{HEADING}dan,Dan Marsh,dan@zanzibar.example,07700 900999\nann,Ann,ann@zanzibar.example,\n")
    assert rows()["Contact"] == before
    assert "1 row: Another e-mail address stands here, or was taken away here." in page
    assert "1 row: Another phone number stands here, or was taken away here." in page
    assert "1 row: He has kept his card himself, and the table says something else." in page
    assert "Row 2: dan" in page


@pytest.mark.hazard("H-05", "H-08")
def test_of_a_row_with_another_name_or_an_address_taken_away_before_hands_were_kept_nothing_is_taken(cast, desk, now):
    from holdfast_site.people.models import Contact

    kept(cast.dan, now, name="Dan Marsh")
    kept(cast.eli, now, name="Eli Stone")
    Contact.objects.filter(client="eli").update(email_to_confirm=True)  # one that was here, of a time without hands
    table = "id,name,email,channel\ndan,Eleanor Rigby,eleanor@zanzibar.example,email\n"
    page = taken(desk, f"{table}eli,Eli Stone,eli@zanzibar.example,email\n", agreed="yes")
    assert (card("dan").email, card("dan").channel, card("eli").email, card("eli").channel) == ("", "none", "", "none")
    assert "1 row: Another name stands here. Nothing of the row is taken" in page
    assert "1 row: Another e-mail address stands here, or was taken away here." in page


@pytest.mark.hazard("H-08")
def test_what_he_wishes_about_being_reached_is_read_before_he_is_written_to_and_post_is_no_mail(cast, desk, now):
    kept(cast.dan, now, name="Dan Marsh", wishes="Never write: somebody else reads it")
    table = "id,email,channel\ndan,dan@zanzibar.example,email\neli,eli@zanzibar.example,Mail\n"
    page = taken(desk, table, agreed="yes")
    assert (card("dan").email, card("dan").channel) == ("dan@zanzibar.example", "none")
    assert (card("eli").email, card("eli").channel) == ("eli@zanzibar.example", "none")
    assert "1 row: What he wishes about being reached stands on his card." in page
    assert "1 row: How he wants to be written to is not clear" in page


@pytest.mark.hazard("H-05")
def test_a_running_number_is_no_id_and_blanks_within_an_id_are_its_own(cast, desk):
    client("1")
    client("A 1")
    client("A  1")
    assert brought(desk, "No.,Name,Email\n1,Eleanor Rigby,eleanor@zanzibar.example\n").status_code == 422
    taken(desk, "id,name\nA  1,Eleanor Rigby\n")
    assert (card("A 1").name, card("A  1").name) == ("", "Eleanor Rigby")


def test_a_second_way_is_added_as_by_hand_and_has_to_be_confirmed(cast, desk, now):
    from holdfast_site.messages.models import Message
    from holdfast_site.people.models import Contact

    kept(cast.dan, now, phone="07700 900123", channel="sms")
    taken(desk, HEADING + DAN)
    assert card("dan").email == "dan@zanzibar.example"
    assert card("dan").channel == "sms"
    assert Contact.objects.get(client="dan").hand("email").to_confirm
    assert not Message.objects.exists()


@pytest.mark.hazard("H-08")
def test_how_he_is_written_to_is_taken_with_his_first_address_and_only_if_he_agreed(cast, desk, now):
    from holdfast_site.messages.models import Message

    for name in ("ann", "bob", "cy", "ed", "flo"):
        client(name)
    kept(cast.eli, now, email="eli@zanzibar.example")
    table = "id,email,phone,Preferred contact\n" + "".join(
        f"{name},{name}@zanzibar.example,+44 7700 900123,{said}\n"
        for name, said in (("dan", "E-Mail"), ("eli", "email"), ("ann", "Text"), ("bob", "pigeon"), ("cy", "none"))
    )
    table += "ed,,+44 7700 900123,email\nflo,flo@zanzibar.example,07700 900123,sms\n"
    address = brought(desk, table).url
    page = text(desk.get(address))
    assert "want to be written to there: 1 by e-mail, 1 by text message" in page
    assert "1 row: How he wants to be written to is not clear: e-mail or text." in page
    assert "1 row: His address stood here already, so how he is written to stays as it is." in page
    assert "2 rows: He wants to be written to in a way for which the row has no address" in page
    desk.post(f"{address}/take", {"agreed": "yes"})
    chosen = {name: card(name).channel for name in ("dan", "eli", "ann", "bob", "cy", "ed", "flo")}
    assert chosen == {"dan": "email", "ann": "sms", **dict.fromkeys(("eli", "bob", "cy", "ed", "flo"), "none")}
    assert card("bob").email == "bob@zanzibar.example"
    assert "Written to from now on: 1 by e-mail, 1 by text message." in text(desk.get(address))
    assert not Message.objects.exists()
    assert "3 rows: His address stood here already" in taken(desk, table, agreed="yes")


def test_without_saying_that_they_agreed_nobody_is_written_to(cast, desk):
    page = taken(desk, "id,email,channel\ndan,dan@zanzibar.example,email\n")
    assert card("dan").channel == "none"
    assert "Nobody is written to because of this" in page


@pytest.mark.parametrize(
    ("row", "says"),
    [
        (",Ann,,", "There is no id."),
        ("dan,Dan,not an address,", "This is no e-mail address"),
        ("dan,Dan,a@hill.example; b@hill.example,", "This is no e-mail address"),
        ("dan,Dan,,12", "This is no phone number"),
        ("dan,Dan,,4.47701E+11", "This is no phone number"),
        (f"dan,{'x' * 201},,", "The name is longer than 200 signs"),
        ("dan,Dan,,\ndan,Dan,,", "More than one row has this id"),
    ],
)
def test_a_row_that_cannot_be_right_is_refused_whole(cast, desk, rows, row, says):
    before = rows()["Contact"]
    address = brought(desk, f"{HEADING}{row}\n").url
    page = text(desk.get(address))
    assert says in page
    assert "There is nothing to take over." in page
    desk.post(f"{address}/take")
    assert rows()["Contact"] == before


def test_another_id_of_his_means_him_and_an_erased_client_is_left_alone(cast, desk):
    cast.dan.other_ids = ["D-7"]
    cast.dan.save()
    cast.eli.wrapped_key = b""
    cast.eli.save()
    page = taken(desk, f"{HEADING}D-7,Dan Marsh,,\neli,Eli,eli@zanzibar.example,\n")
    assert card("dan").name == "Dan Marsh"
    assert "1 row: What was held about him was erased, and stays so. Row 3: eli" in page
    assert "More than one row" in text(desk.get(brought(desk, f"{HEADING}D-7,Dan,,\ndan,Dan,,\n").url))


def test_what_cannot_be_read_is_said_and_nothing_is_kept(cast, desk):
    from holdfast_site.exchange.models import Upload

    for content in ("appointment,when\nx,y\n", "", b"\x89PNG\r\n" + bytes(range(256))):
        answer = brought(desk, content)
        assert answer.status_code == 422
        assert 'role="alert"' in answer.content.decode()
    assert desk.post("/cards/", {"form": "x"}).status_code == 422
    assert not Upload.objects.exists()


@pytest.mark.hazard("H-14")
def test_it_is_its_uploaders_own_no_export_and_forgotten_when_he_says_so_or_after_an_hour(cast, desk, now):
    from datetime import timedelta

    from holdfast_site.accounts.models import Post
    from holdfast_site.exchange.models import Upload
    from holdfast_site.exchange.services import forget_old

    address = brought(desk, HEADING + DAN).url
    form = address.rpartition("/")[2]
    for step in ("", "/take", "/forget", "/answer", "/moment", "/without", "/same"):
        asked = desk.post if step else desk.get
        assert asked(f"/import/{form}{step}").status_code == 404
    desk_post = Post.objects.get(role="desk")
    Upload.objects.update(by=Post.objects.get(role="care_contact"))
    assert desk.get(address).status_code == 404
    assert desk.post(f"{address}/take").status_code == 404
    Upload.objects.update(by=desk_post)
    assert desk.post(f"{address}/forget").url == "/cards/"
    assert not Upload.objects.exists()
    brought(desk, HEADING + DAN)
    forget_old(now + timedelta(hours=2))
    assert not Upload.objects.exists()


def test_what_was_taken_before_it_broke_off_is_not_done_again(cast, desk, monkeypatch):
    from holdfast_site.audit.models import Event
    from holdfast_site.cards import services

    monkeypatch.setattr(services, "TAKEN_AT_ONCE", 1)
    address = brought(desk, f"{HEADING}{DAN}eli,Eli,,\n").url
    change = services.change_card

    def breaks(**told):
        if told["client"].pk == "eli":
            raise OSError
        change(**told)

    monkeypatch.setattr(services, "change_card", breaks)
    assert desk.post(f"{address}/take").status_code == 500
    assert card("dan").name == "Dan Marsh"
    monkeypatch.setattr(services, "change_card", change)
    assert desk.post(f"{address}/take").status_code == 302
    assert card("eli").name == "Eli"
    assert Event.objects.filter(action="contact.changed").count() == 2


def test_looking_asks_as_often_for_eighty_as_for_one(cast, desk):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    def queries(content):
        address = brought(desk, content).url
        with CaptureQueriesContext(connection) as asked:
            desk.get(address)
        return len(asked)

    alone = queries(HEADING + DAN)
    for number in range(80):
        client(f"c{number}")
    many = "".join(f"c{number},Name {number},c{number}@zanzibar.example,\n" for number in range(80))
    assert queries(HEADING + DAN + many) <= alone


def test_a_long_list_of_unknown_ids_is_shown_in_part(cast, desk, monkeypatch):
    from holdfast_site.cards import views

    monkeypatch.setattr(views, "MOST_SHOWN", 3)
    page = text(desk.get(brought(desk, HEADING + "".join(f"z{number},Z,,\n" for number in range(30))).url))
    assert "30 rows: No client here has this id." in page
    assert "Row 4: z2 … and 27 more" in page


def test_a_number_that_is_too_short_is_refused_on_a_card_too(cast, desk):
    told = {"name": "Dan", "phone": "12", "channel": "none", "wording": "message", "safe_from": 8, "safe_until": 21}
    answer = desk.post("/clients/dan", told)
    assert answer.status_code == 422
    assert "A phone number has seven digits or more." in text(answer)
    assert desk.post("/clients/dan", {**told, "phone": "555 0123"}).status_code == 302
