"""The addresses of supervisors, of stand-ins and for emergencies, and of the lead who names them."""

from django.urls import path

from holdfast_site.oversight import views

app_name = "oversight"
urlpatterns = [
    path("supervised/", views.supervised, name="supervised"),
    path("supervised/client/<path:client_id>", views.client, name="client"),
    path("standing-in/", views.standing_in, name="standing_in"),
    path("emergency/", views.emergency, name="emergency"),
    path("emergency/<uuid:key>", views.opened, name="opened"),
    path("people/arranged", views.arranged, name="arranged"),
]
