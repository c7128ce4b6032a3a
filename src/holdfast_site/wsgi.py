"""The application, for the server that ``holdfast site serve`` starts."""

from django.core.wsgi import get_wsgi_application
from django.urls import get_resolver

application = get_wsgi_application()
get_resolver().url_patterns  # noqa: B018  read now, with every view: the first who comes would wait for it
