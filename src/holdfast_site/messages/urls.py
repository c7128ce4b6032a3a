"""Ending the messages; the SMS gateway's address; the demo's outbox."""

from django.urls import path

from holdfast_site.messages import views

app_name = "messages"
urlpatterns = [
    path("stop/<str:sent>", views.stop, name="stop"),
    path("yours/<str:address>", views.confirm, name="confirm"),
    path("sms", views.gateway, name="gateway"),
    path("demo/outbox/", views.outbox, name="outbox"),
]
