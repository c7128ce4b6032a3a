"""Every address. A page that is missing from ``access/policy.py`` is not reached, even if it stands here."""

from django.urls import include, path

from holdfast_site import pages

handler400 = pages.unreadable
handler403 = pages.refused
handler404 = pages.absent
handler500 = pages.broken

urlpatterns = [
    path("", pages.home, name="home"),
    path("help-now", pages.help_now, name="help_now"),
    path("blank", pages.blank, name="blank"),
    path("c/", include("holdfast_site.checkins.urls")),
]
