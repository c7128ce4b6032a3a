"""The app that keeps the audit."""

from django.apps import AppConfig


class AuditConfig(AppConfig):
    name = "holdfast_site.audit"

    def ready(self) -> None:
        """Every connection of this process is asked whether it keeps what it is given."""
        from django.db.backends.signals import connection_created

        from holdfast_site.durable import refuse_unless_safe

        connection_created.connect(refuse_unless_safe, dispatch_uid="refuse_unless_safe")
