"""What is sealed opens for its own client, in its own place, unchanged; and never otherwise."""

from __future__ import annotations

import random
import stat

import pytest

from holdfast_site.errors import VaultError
from holdfast_site.vault import Vault

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
    with pytest.raises(VaultError):
        Vault(bytes(32)).client_box("dan", WRAPPED)


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
    path = tmp_path / "keys" / "master.key"
    made = Vault.create(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert Vault.read(path).master == made.master
    with pytest.raises(VaultError, match="never replaced"):
        Vault.create(path)


@pytest.mark.parametrize("content", ["", "not hexadecimal", "00" * 31])
def test_a_file_that_holds_no_key_is_refused(tmp_path, content):
    path = tmp_path / "master.key"
    path.write_text(content)
    with pytest.raises(VaultError):
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
