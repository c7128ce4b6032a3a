"""How much a request may bring: little, but for a file that is uploaded. Refused before anything of it is read."""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase
from django.urls import Resolver404, resolve

from holdfast_site.pages import too_much

UPLOADS = frozenset({"exchange:upload", "cards:upload"})


def refuse_too_much(
    get_response: Callable[[HttpRequest], HttpResponseBase],
) -> Callable[[HttpRequest], HttpResponseBase]:
    """Make the middleware."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        told = request.headers.get("Content-Length") or "0"
        if not told.isdecimal() or int(told) > _most(request):
            return too_much(request)
        return get_response(request)

    return middleware


def _most(request: HttpRequest) -> int:
    try:
        view = resolve(request.path_info).view_name
    except Resolver404:
        view = ""
    return int(settings.MOST_UPLOAD if view in UPLOADS else settings.MOST_BODY)
