"""The gallery's addresses."""

from django.urls import path

from holdfast_site.gallery import views

app_name = "gallery"
urlpatterns = [
    path("", views.clients, name="clients"),
    path("staff", views.staff, name="staff"),
    path("figures", views.figures, name="figures"),
]
