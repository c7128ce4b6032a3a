"""What every page says to the browser beside its content: keep nothing, tell nobody, load nothing from elsewhere."""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase

NOTHING_OF_THE_DEVICE = "camera=(), geolocation=(), microphone=(), payment=(), usb=()"


def close_the_page(
    get_response: Callable[[HttpRequest], HttpResponseBase],
) -> Callable[[HttpRequest], HttpResponseBase]:
    """Close every page except the style sheet and the script, which hold nothing of anybody's."""
    static = "/" + settings.STATIC_URL.lstrip("/")

    def closed(request: HttpRequest) -> HttpResponseBase:
        response = get_response(request)
        response["Permissions-Policy"] = NOTHING_OF_THE_DEVICE
        response["Cross-Origin-Resource-Policy"] = "same-origin"
        response["X-Robots-Tag"] = "noindex, nofollow"
        if not request.path.startswith(static):
            response["Cache-Control"] = "no-store"
            if (
                "CSRF_COOKIE" not in request.META
            ):  # a form with a secret has to say where it came from; nothing else has
                response["Referrer-Policy"] = "no-referrer"
        return response

    return closed
