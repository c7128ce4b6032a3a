"""The page about cryptography names every purpose that a key is made for, and none that there is not."""

from __future__ import annotations

import re

from tools.reference import ROOT

PAGE = (ROOT / "docs" / "reference" / "cryptography.md").read_text(encoding="utf-8")
ASKED = re.compile(r"""\.(?:derived|lasting|print_of|laid_over|keys)\(\s*"([a-z ]+)\"""")


def test_every_purpose_stands_there_once():
    sources = [path.read_text(encoding="utf-8") for path in (ROOT / "src" / "holdfast_site").rglob("*.py")]
    used = {purpose for text in sources for purpose in ASKED.findall(text)}
    told = re.findall(r"^\| `([a-z ]+)` \|", PAGE, flags=re.MULTILINE)
    assert {"client keys", "audit", "links"} <= used
    assert sorted(told) == sorted(used)
