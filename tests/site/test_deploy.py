"""A site as ``holdfast site init`` makes it, behind TLS: what Django itself finds wrong with it before it is served."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from holdfast_site import start
from tests.site.conftest import DECIDED
from tests.site.test_cli import clean

BEHIND_TLS = {**DECIDED, "address": "https://hill.example", "trusted_proxy": "127.0.0.1"}
FOUND_IF = {  # one setting changed for the worse, and what the check then says
    "SECURE_SSL_REDIRECT": "security.W008",
    "SESSION_COOKIE_SECURE": "security.W010",
    "CSRF_COOKIE_SECURE": "security.W016",
    "SECURE_HSTS_SECONDS": "security.W004",
    "SECURE_CONTENT_TYPE_NOSNIFF": "security.W006",
}
CHECK = """
import json, sys
from pathlib import Path
from holdfast_site import start
start.get_django_ready(Path(sys.argv[1]))
from django.core.checks import run_checks
from django.test import override_settings
from django.conf import settings
sessions = "django.contrib.sessions"  # Django looks at the cookie only where its own app keeps the sessions
def found(**changes):
    with override_settings(INSTALLED_APPS=[*settings.INSTALLED_APPS, sessions], **changes):
        return [one.id for one in run_checks(include_deployment_checks=True) if not one.is_silenced()]
print(json.dumps({"as it is": found(), **{name: found(**{name: False}) for name in sys.argv[2:]}}))
"""


@pytest.mark.long
def test_django_warns_of_nothing_behind_tls_and_would_if_it_were_otherwise(tmp_path):
    folder = tmp_path / "practice"
    start.make_site(folder, key_file=tmp_path / "practice.key", **BEHIND_TLS)
    command = [sys.executable, "-c", CHECK, str(folder), *FOUND_IF]
    done = subprocess.run(command, text=True, capture_output=True, env=clean(), timeout=120)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {"as it is": [], **{name: [warning] for name, warning in FOUND_IF.items()}}


def test_only_what_concerns_other_names_of_the_practice_is_left_out_of_the_check(site):
    from django.conf import settings

    assert settings.SILENCED_SYSTEM_CHECKS == ["security.W005", "security.W021"]
