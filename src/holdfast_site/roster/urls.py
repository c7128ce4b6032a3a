"""The addresses of who works here."""

from django.urls import path

from holdfast_site.roster import views

app_name = "roster"
urlpatterns = [
    path("", views.people, name="people"),
    path("access/<int:member>", views.access, name="access"),
    path("names", views.names, name="names"),
    path("therapist/<path:therapist_id>", views.therapist, name="therapist"),
]
