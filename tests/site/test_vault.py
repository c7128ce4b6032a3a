"""What is sealed opens for its own client, in its own place, unchanged; and never otherwise."""

from __future__ import annotations

import hmac
import random
import re
import stat

import pytest

from holdfast_site.errors import VaultError
from holdfast_site.vault import KEPT, ClientBox, Vault

VAULT = Vault(bytes(range(32)))
WRAPPED = VAULT.new_client_key("dan")
BOX = VAULT.client_box("dan", WRAPPED)
PLACE = "checkins_sealedbox/1/therapist"


def test_what_was_sealed_opens():
    assert BOX.open(BOX.seal(b"too fast", place=PLACE), place=PLACE) == b"too fast"


def test_the_same_words_never_look_the_same():
    assert BOX.seal(b"x", place=PLACE) != BOX.seal(b"x", place=PLACE)


@pytest.mark.hazard("H-05", "H-14")
def test_nothing_opens_elsewhere_or_with_another_key():
    sealed = BOX.seal(b"x", place=PLACE)
    other = VAULT.client_box("eli", VAULT.new_client_key("eli"))
    for box, place in (
        (BOX, "checkins_sealedbox/2/therapist"),
        (BOX, PLACE.replace("therapist", "care_contact")),
        (other, PLACE),
    ):
        with pytest.raises(VaultError):
            box.open(sealed, place=place)


def test_a_key_is_its_own_clients_and_its_own_vaults():
    with pytest.raises(VaultError):
        VAULT.client_box("eli", WRAPPED)
    with pytest.raises(
        VaultError, match=r"^Something sealed does not open: it was changed or moved, or the key is another's\.$"
    ):
        Vault(bytes(32)).client_box("dan", WRAPPED)


@pytest.mark.parametrize(
    "torn",
    [b"", b"\x01", bytes(40), b"\x02" + WRAPPED[1:], WRAPPED[:12]],
    ids=["nothing", "a version", "zeros", "another version", "not all of the nonce"],
)
def test_what_was_cut_short_says_so(torn):
    with pytest.raises(VaultError, match=r"^Something sealed was changed or cut short: it does not open\.$"):
        VAULT.client_box("dan", torn)


def by_hand(vault: Vault, purpose: str) -> bytes:
    """The key for one purpose, as RFC 5869 describes it, without the library that the site has it from."""
    return hmac.digest(hmac.digest(bytes(32), vault.master, "sha256"), f"holdfast {purpose}\1".encode(), "sha256")


def printed(key: bytes, what: bytes) -> bytes:
    return hmac.digest(key, what, "sha256")


def test_what_was_written_down_once_is_recognised_whatever_becomes_of_the_code():
    assert VAULT.derived("links") == by_hand(VAULT, "links")
    assert VAULT.fingerprint == by_hand(VAULT, "fingerprint").hex()[:16]
    assert VAULT.fingerprint_of_link("a link") == printed(by_hand(VAULT, "links"), b"a link")
    wrapped_by = ClientBox(by_hand(VAULT, "client keys"))
    assert wrapped_by.open(WRAPPED, place="client dan") == BOX.key


def test_what_is_kept_of_earlier_keys_is_what_they_would_have_made():
    second = VAULT.successor()
    third = second.successor()
    assert third.earlier == tuple({one: by_hand(vault, one) for one in KEPT} for vault in (VAULT, second))
    for purpose in ("links", "tries"):
        assert third.keys(purpose) == [by_hand(vault, purpose) for vault in (VAULT, second, third)]
    assert third.keys("client keys") == [by_hand(third, "client keys")]  # opens nothing that was sealed before


def test_a_link_is_recognised_under_every_later_key_and_a_print_is_laid_over():
    second = VAULT.successor()
    assert second.fingerprint_of_link("a link") == VAULT.fingerprint_of_link("a link")
    assert second.lasting("passkeys", b"x") == printed(by_hand(VAULT, "passkeys"), b"x")
    before = VAULT.print_of("tries", b"dan")
    assert before == printed(by_hand(VAULT, "tries"), b"dan")
    assert second.print_of("tries", b"dan") == printed(by_hand(second, "tries"), before)
    assert second.laid_over("tries", memoryview(before)) == second.print_of("tries", b"dan")


def test_under_a_new_key_opens_what_was_sealed_under_each_before_it():
    second = VAULT.successor()
    third = second.successor()
    twice = second.rewrapped(VAULT, "dan", WRAPPED)
    thrice = third.rewrapped(second, "dan", memoryview(twice))
    boxes = [BOX, second.client_box("dan", twice), third.client_box("dan", thrice)]
    assert [len(box.key) for box in boxes] == [32, 64, 96]
    assert boxes[2].key.endswith(boxes[1].key)
    assert boxes[1].key.endswith(BOX.key)
    for box in boxes:
        assert boxes[2].open(box.seal(b"too fast", place=PLACE), place=PLACE) == b"too fast"
    with pytest.raises(VaultError):  # whoever has the older keys reads nothing that is sealed now
        boxes[1].open(boxes[2].seal(b"too fast", place=PLACE), place=PLACE)


@pytest.mark.parametrize(("client", "before"), [("eli", VAULT), ("dan", Vault(bytes(32)))])
def test_a_key_is_wrapped_anew_only_as_its_own_clients(client, before):
    with pytest.raises(VaultError):
        VAULT.successor().rewrapped(before, client, WRAPPED)


@pytest.mark.hazard("H-14")
@pytest.mark.parametrize("rounds", [500, pytest.param(100_000, marks=pytest.mark.slow)])
def test_no_tampering_goes_unnoticed(rounds):
    dice, sealed = random.Random(rounds), BOX.seal(b"too fast", place=PLACE)
    for _ in range(rounds):
        changed = bytearray(sealed)
        if dice.random() < 0.5:
            changed[dice.randrange(len(changed))] ^= 1 << dice.randrange(8)
        else:
            del changed[dice.randrange(len(changed)) :]
        with pytest.raises(VaultError):
            BOX.open(bytes(changed), place=PLACE)


def test_a_key_file_is_private_and_never_replaced(tmp_path):
    path = tmp_path / "a disk" / "keys" / "master.key"
    made = Vault.create(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert Vault.read(path).master == made.master
    with pytest.raises(VaultError, match="never replaced"):
        Vault.create(path)


@pytest.mark.parametrize("content", ["", "not hexadecimal", "00" * 31])
def test_a_file_that_holds_no_key_is_refused(tmp_path, content):
    path = tmp_path / "master.key"
    path.write_text(content)
    with pytest.raises(VaultError, match=re.escape(str(path)) + r".*\. Put the key file back (where|as) it was\.$"):
        Vault.read(path)


@pytest.mark.parametrize("below", ["[]", "{}", '{"links": 5}', '{"links": "00"}', "not json", '{"links": "x"}'])
def test_what_is_kept_of_an_earlier_key_is_refused_where_it_is_none(tmp_path, below):
    path = tmp_path / "master.key"
    path.write_text(f"{VAULT.master.hex()}\n{below}\n")
    with pytest.raises(VaultError):
        Vault.read(path)


def test_a_new_key_is_read_as_it_was_written(tmp_path):
    path, made = tmp_path / "new.key", VAULT.successor().successor()
    made.write(path)
    assert Vault.read(path) == made
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_keys_for_different_purposes_have_nothing_in_common():
    assert len({VAULT.derived(purpose) for purpose in ("audit", "links", "django", "client keys")}) == 4


def test_the_key_is_in_no_representation():
    assert "master" not in repr(VAULT)
    assert "key" not in repr(BOX).replace("vault", "")
