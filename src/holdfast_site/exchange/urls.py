"""Addresses for importing."""

from django.urls import path

from holdfast_site.exchange import views

app_name = "exchange"
urlpatterns = [
    path("", views.upload, name="upload"),
    path("<uuid:form>", views.look, name="look"),
    path("<uuid:form>/answer", views.answer, name="answer"),
    path("<uuid:form>/moment", views.moment, name="moment"),
    path("<uuid:form>/without", views.without, name="without"),
    path("<uuid:form>/same", views.same, name="same"),
    path("<uuid:form>/take", views.take, name="take"),
    path("<uuid:form>/forget", views.forget, name="forget"),
]
