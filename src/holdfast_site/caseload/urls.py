"""The therapist's addresses."""

from django.urls import path

from holdfast_site.caseload import views

app_name = "caseload"
urlpatterns = [
    path("", views.today, name="today"),
    path("client/<path:client_id>", views.client, name="client"),
    path("said/<path:client_id>", views.log, name="log"),
    path("take-back/<int:repair>", views.take_back, name="take_back"),
    path("guess/<int:flag>", views.guess, name="guess"),
    path("known/<uuid:key>", views.know, name="know"),
    path("came/<int:appointment>", views.came, name="came"),
]
