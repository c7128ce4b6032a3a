"""The desk's addresses."""

from django.urls import path

from holdfast_site.schedule import views

app_name = "schedule"
urlpatterns = [
    path("schedule/", views.day, name="day"),
    path("schedule/book", views.book, name="book"),
    path("schedule/appointment/<int:appointment>", views.appointment, name="appointment"),
    path("schedule/came/<int:appointment>", views.came, name="came"),
    path("schedule/sent", views.sent, name="sent"),
    path("clients/", views.clients, name="clients"),
    path("clients/<path:client_id>", views.client, name="client"),
]
