"""What each page says to the browser beside its content."""

from __future__ import annotations


def test_every_page_is_closed_and_what_holds_nothing_of_anybodys_may_be_kept(settings):
    from django.http import HttpResponse
    from django.test import RequestFactory

    from holdfast_site.access.headers import close_the_page

    always = {
        "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
        "Cross-Origin-Resource-Policy": "same-origin",
        "X-Robots-Tag": "noindex, nofollow",
    }
    unkept, untold = {"Cache-Control": "no-store"}, {"Referrer-Policy": "no-referrer"}
    closed = close_the_page(lambda request: HttpResponse(request.path, headers={"Content-Type": "text/plain"}))
    for path, secret, more in (
        ("/today/", {}, unkept | untold),
        ("/today/", {"CSRF_COOKIE": "a secret"}, unkept),  # its form has to say where it came from
        ("/today/static/site.css", {}, unkept | untold),
        ("/static/site.css", {}, {}),
        ("/static/site.css", {"CSRF_COOKIE": "a secret"}, {}),
    ):
        answer = closed(RequestFactory().get(path, **secret))
        assert answer.content.decode() == path
        assert dict(answer.items()) == {"Content-Type": "text/plain", **always, **more}, path
