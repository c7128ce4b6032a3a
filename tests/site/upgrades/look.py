"""Brings an older site up to date, and says what is in it; in a process of its own, as one process serves one site.

python -m tests.site.upgrades.look FOLDER LINK
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from holdfast_site import start


def main(folder: Path, link: str) -> dict[str, Any]:
    """What somebody finds who goes on with it."""
    start.get_django_ready(folder)
    start.bring_up_to_date()
    from django.test import Client
    from django.utils import timezone

    from holdfast_site.accounts.models import Post
    from holdfast_site.caseload.services import refresh
    from holdfast_site.checkins.models import SealedBox
    from holdfast_site.checkins.selectors import opened
    from tests.site.conftest import signed_in

    boxes = SealedBox.objects.select_related("submission__invitation__appointment__client").order_by("pk")
    said = [dict(opened(box, box.submission.invitation.appointment.client)) for box in boxes]
    alma = signed_in("therapist", "alma")
    pages = {page: alma.get(page).status_code for page in ("/today/", "/today/client/dan", "/holding/")}
    seen = alma.get("/today/client/dan").content.decode()
    kept = signed_in("care_contact").get("/kept/").content.decode()
    anybody = Client(SERVER_NAME="127.0.0.1")
    asked = anybody.get(f"/c/{link}").status_code
    refresh(timezone.now())
    return {
        "problems": start.database_problems(folder),
        "said": said,
        "pages": pages,
        "therapist": {"Zanzibar": "Zanzibar" in seen, "pace": "Pace: too fast" in seen},
        "care contact": {"Zanzibar": "Zanzibar" in kept},
        "open link": asked,
        "posts": Post.objects.count(),
    }


if __name__ == "__main__":
    print(json.dumps(main(Path(sys.argv[1]), sys.argv[2])))
