"""The addresses of a client's own page, and of giving him a way in."""

from django.urls import path

from holdfast_site.own import views

app_name = "own"
urlpatterns = [
    path("", views.mine, name="mine"),
    path("answers", views.answers, name="answers"),
    path("answers/<int:submission>/<int:number>", views.correct, name="correct"),
    path("held", views.held, name="held"),
    path("looked", views.looked, name="looked"),
    path("allowed", views.allowed, name="allowed"),
    path("reach", views.reach, name="reach"),
    path("questions", views.questions, name="questions"),
    path("download", views.download, name="download"),
    path("download/<str:kind>", views.take, name="take"),
    path("erase", views.before_erasing, name="before_erasing"),
    path("erase/now", views.erase_all, name="erase_all"),
    path("give/<path:client_id>", views.give, name="give"),
]
