"""The care contact's addresses, and what goes along to the new therapist."""

from django.urls import path

from holdfast_site.handover import views

app_name = "handover"
urlpatterns = [
    path("kept/", views.kept, name="kept"),
    path("holding/", views.holding, name="holding"),
    path("holding/<uuid:matter>", views.matter, name="matter"),
    path("holding/<uuid:matter>/another", views.another, name="another"),
    path("story/<path:client_id>", views.story, name="story"),
]
