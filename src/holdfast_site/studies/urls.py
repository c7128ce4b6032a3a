"""The addresses of studies."""

from django.urls import path

from holdfast_site.studies import views

app_name = "studies"
urlpatterns = [
    path("", views.studies, name="studies"),
    path("<int:study>", views.study, name="study"),
    path("<int:study>/file", views.file, name="file"),
    path("<int:study>/close", views.close, name="close"),
]
