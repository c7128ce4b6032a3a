"""Who brings exports: the desk, in a browser and by itself."""

from __future__ import annotations

import pytest

from tests.site.conftest import signed_in


@pytest.fixture(name="desk")
def _desk(site):
    return signed_in("desk")


@pytest.fixture(name="by")
def _by(desk):
    from holdfast_site.access.actors import Actor, Role

    return Actor(Role.DESK, id="1")
