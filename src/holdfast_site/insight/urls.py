"""The lead's addresses."""

from django.urls import path

from holdfast_site.insight import views

app_name = "insight"
urlpatterns = [
    path("", views.practice, name="practice"),
    path("known/<uuid:key>", views.know, name="know"),
]
