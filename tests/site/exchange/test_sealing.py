"""What was brought comes out of the database as it went in, and nothing of it can be read there."""

from __future__ import annotations

from uuid import uuid4

import pytest


def test_what_was_brought_comes_back_as_it_was_with_what_was_said_about_it(site, now):
    from holdfast_site.exchange.models import Upload
    from holdfast_site.exchange.sealing import Brought, Told, opened, sealed
    from holdfast_site.vault import VaultError

    files = {"told.json": b"a file of that name", "files/day.csv": b"id", "empty.csv": b""}
    told = Told(exported_at=now, left_out=("empty.csv",), said={"x1": "one", "x2": "two"})
    upload = Upload(form=uuid4())
    upload.sealed = sealed(upload, Brought(files, told))
    assert opened(upload) == Brought(files, told)
    assert b"day.csv" not in upload.sealed
    with pytest.raises(VaultError):
        opened(Upload(form=uuid4(), sealed=upload.sealed))


def test_of_an_upload_with_files_alone_nothing_was_said(site):
    from holdfast_site.exchange.files import packed
    from holdfast_site.exchange.models import Upload
    from holdfast_site.exchange.sealing import Brought, Told, box, opened

    upload = Upload(form=uuid4())
    upload.sealed = box().seal(packed({"files/day.csv": b"id"}), place=upload.place)
    assert opened(upload) == Brought({"day.csv": b"id"}, Told())


def test_what_is_left_out_is_not_wanted_and_can_be_wanted_again(site):
    from holdfast_site.exchange.sealing import Brought, Told

    brought = Brought({"a.csv": b"a", "b.csv": b"b"}, Told(said={"x1": "one"}))
    fewer = brought.but(left_out=("a.csv",))
    assert fewer == Brought(brought.files, Told(said={"x1": "one"}, left_out=("a.csv",)))
    assert fewer.wanted == {"b.csv": b"b"}
    assert fewer.but(left_out=()).wanted == brought.files == brought.wanted


def test_the_key_for_uploads_is_the_one_that_a_new_master_key_takes_over(settings):
    from holdfast_site.exchange.models import Upload
    from holdfast_site.exchange.sealing import box
    from holdfast_site.new_key import BOXES

    assert box().key == settings.VAULT.derived(dict(BOXES)[Upload])
