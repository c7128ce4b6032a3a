"""The gallery's pages: one for each style that the pages of the site have."""

from __future__ import annotations

from collections.abc import Sequence

from django.conf import settings
from django.http import Http404, HttpResponse
from django.shortcuts import render

from holdfast_site.access.gate import ActingRequest
from holdfast_site.gallery.parts import Part, shown


def clients(request: ActingRequest) -> HttpResponse:
    """Every part of the pages of clients, in every state.

    Raises
    ------
    Http404
        Anywhere but in the demo.
    """
    _only_in_the_demo()
    from holdfast_site.gallery.clients import PARTS  # a practice that is real never loads it

    return render(request, "gallery/clients.html", {"parts": _shown(PARTS, request)})


def staff(request: ActingRequest) -> HttpResponse:
    """Every part of the pages of staff, in every state.

    Raises
    ------
    Http404
        Anywhere but in the demo.
    """
    _only_in_the_demo()
    from holdfast_site.gallery.staff import PARTS  # a practice that is real never loads it

    return render(request, "gallery/staff.html", {"parts": _shown(PARTS, request)})


def figures(request: ActingRequest) -> HttpResponse:
    """Every part of the practice's figures, in every state.

    Raises
    ------
    Http404
        Anywhere but in the demo.
    """
    _only_in_the_demo()
    from holdfast_site.gallery.figures import PARTS  # a practice that is real never loads it

    return render(request, "gallery/figures.html", {"parts": _shown(PARTS, request)})


def _shown(parts: Sequence[Part], request: ActingRequest) -> Sequence[tuple[Part, object]]:
    return [(part, shown(part, request)) for part in parts]


def _only_in_the_demo() -> None:
    if not settings.SITE.demo:
        raise Http404
