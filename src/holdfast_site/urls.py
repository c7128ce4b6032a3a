"""Every address. A page that is missing from ``access/policy.py`` is not reached, even if it stands here."""

from django.urls import include, path

from holdfast_site import pages
from holdfast_site.accounts import views as accounts
from holdfast_site.own import views as own

handler400 = pages.unreadable
handler403 = pages.refused
handler404 = pages.absent
handler500 = pages.broken

urlpatterns = [
    path("", pages.home, name="home"),
    path("help-now", pages.help_now, name="help_now"),
    path("blank", pages.blank, name="blank"),
    path("sign-in", accounts.sign_in, name="sign_in"),
    path("sign-in/passkey", accounts.sign_in_with_passkey, name="sign_in_with_passkey"),
    path("sign-in/passkey/ask", accounts.ask_to_show, name="ask_to_show"),
    path("sign-in/role", accounts.choose_role, name="choose_role"),
    path("prove", accounts.prove, name="prove"),
    path("ways", accounts.ways, name="ways"),
    path("ways/add/ask", accounts.ask_to_add, name="ask_to_add"),
    path("ways/add", accounts.add_passkey, name="add_passkey"),
    path("ways/remove/<int:passkey>", accounts.remove_passkey, name="remove_passkey"),
    path("ways/password", accounts.change_password, name="change_password"),
    path("ways/mail", accounts.mailbox, name="mailbox"),
    path("ways/known", accounts.know_changes, name="know_changes"),
    path("ways/sessions/end-others", accounts.end_others, name="end_others"),
    path("ways/sessions/<str:mark>/end", accounts.end_session, name="end_session"),
    path("welcome/<str:secret>", accounts.welcome, name="welcome"),
    path("way-in", accounts.way_in, name="way_in"),
    path("way-in/passkey", accounts.way_in_with_passkey, name="way_in_with_passkey"),
    path("way-in/passkey/ask", accounts.ask_to_make, name="ask_to_make"),
    path("way-in/code", accounts.way_in_with_code, name="way_in_with_code"),
    path("sign-out", accounts.sign_out, name="sign_out"),
    path("demo/<str:role>", accounts.enter_demo, name="enter_demo"),
    path("demo/gallery/", include("holdfast_site.gallery.urls")),
    path("today/", include("holdfast_site.caseload.urls")),
    path("practice/", include("holdfast_site.insight.urls")),
    path("", include("holdfast_site.schedule.urls")),
    path("", include("holdfast_site.oversight.urls")),
    path("people/", include("holdfast_site.roster.urls")),
    path("", include("holdfast_site.handover.urls")),
    path("import/", include("holdfast_site.exchange.urls")),
    path("cards/", include("holdfast_site.cards.urls")),
    path("studies/", include("holdfast_site.studies.urls")),
    path("mine/", include("holdfast_site.own.urls")),
    path("c/<str:link>/mine", own.come, name="come"),
    path("c/", include("holdfast_site.checkins.urls")),
    path("", include("holdfast_site.before.urls")),
    path("", include("holdfast_site.messages.urls")),
]
