"""The care contact's addresses."""

from django.urls import path

from holdfast_site.handover import views

app_name = "handover"
urlpatterns = [path("", views.kept, name="kept")]
