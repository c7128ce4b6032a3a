"""Addresses before a session and beside it: the secret of a link is all they hold."""

from django.urls import path

from holdfast_site.before import views

app_name = "before"
urlpatterns = [
    path("n/<str:asked>", views.ask, name="ask"),
    path("say/<str:sent>", views.say, name="say"),
    path("back/<str:back>", views.back, name="back"),
]
