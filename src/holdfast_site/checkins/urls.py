"""One address: the secret of the link is all it holds."""

from django.urls import path

from holdfast_site.checkins import views

app_name = "checkins"
urlpatterns = [path("<str:link>", views.answer, name="answer")]
