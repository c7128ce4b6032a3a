"""Addresses for names and addresses from a table."""

from django.urls import path

from holdfast_site.cards import views

app_name = "cards"
urlpatterns = [
    path("", views.upload, name="upload"),
    path("<uuid:form>", views.look, name="look"),
    path("<uuid:form>/take", views.take, name="take"),
    path("<uuid:form>/forget", views.forget, name="forget"),
]
