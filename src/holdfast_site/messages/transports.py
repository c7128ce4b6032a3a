"""How a message leaves the house: by mail, by an SMS gateway, or, in the demo, into a folder to look at.

Whatever a transport is told by the other side comes back as one of three: sent, not sent and to be tried again, or an
address that does not work. If nobody knows whether it went out, that is said too.
"""

from __future__ import annotations

import base64
import http.client  # nosemgrep: a-way-out - to the gateway and the mail server that the practice named
import json
import smtplib  # nosemgrep: a-way-out - to the gateway and the mail server that the practice named
import ssl
import urllib.error
import urllib.parse
import urllib.request  # nosemgrep: a-way-out - to the gateway and the mail server that the practice named
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Protocol

from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.core.mail.backends.base import BaseEmailBackend

from holdfast_site.config import EmailConfig, SmsConfig

PATIENCE = 20  # seconds
FIRST_REFUSAL = 500  # of SMTP: from here on, asking again changes nothing
BAD_NUMBERS = frozenset({21211, 21214, 21217, 21265, 21401, 21407, 21421, 21610, 21612, 21614})  # Twilio's codes
OUTBOX = "outbox"


@dataclass(frozen=True, slots=True, repr=False)
class Outgoing:
    """One message as it goes out."""

    mark: str
    channel: str
    to: str
    subject: str
    text: str
    stop: str  # where he can end these; blank: it is one of a kind


class NotSent(Exception):
    """It did not go out, or nobody knows (``maybe``); it is to be tried again."""

    def __init__(self, *, maybe: bool = False) -> None:
        super().__init__()
        self.maybe = maybe


class BadAddress(Exception):
    """This address does not work, and trying again changes nothing."""


class Transport(Protocol):
    """Sends one message, and says how the other side calls it, if it does."""

    def __call__(self, message: Outgoing) -> str:
        """Send it.

        Raises
        ------
        NotSent, BadAddress
            If it did not go out.
        """


def by_mail(config: EmailConfig, password: str) -> Transport:
    """Mail by SMTP, with TLS unless the server is on this machine."""

    def send(message: Outgoing) -> str:
        connection, mail = _connection(config, password), _mail(config, message)
        try:
            connection.open()
        except (OSError, smtplib.SMTPException, ssl.SSLError) as error:
            raise NotSent from error
        try:
            connection.send_messages([mail])
        except smtplib.SMTPRecipientsRefused as error:
            codes = [code for code, _ in error.recipients.values()]
            raise BadAddress if min(codes) >= FIRST_REFUSAL else NotSent from error
        except smtplib.SMTPResponseException as error:
            raise NotSent from error
        except (OSError, smtplib.SMTPException) as error:  # the line broke: it may have gone out before
            raise NotSent(maybe=True) from error
        except ValueError as error:  # no address at all
            raise BadAddress from error
        finally:
            _close(connection)
        return ""

    return send


def _connection(config: EmailConfig, password: str) -> BaseEmailBackend:
    return get_connection(
        "django.core.mail.backends.smtp.EmailBackend",
        host=config.host,
        port=config.port,
        username=config.user or None,
        password=password or None,
        use_tls=config.security == "starttls",
        use_ssl=config.security == "tls",
        timeout=PATIENCE,
    )


def _mail(config: EmailConfig, message: Outgoing) -> EmailMessage:
    headers = {"Message-ID": f"<{message.mark}@{config.domain}>", "Auto-Submitted": "auto-generated"}
    if message.stop:
        headers |= {"List-Unsubscribe": f"<{message.stop}>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"}
    return EmailMessage(message.subject, message.text, config.sender, [message.to], headers=headers)


def _close(connection: BaseEmailBackend) -> None:
    try:
        connection.close()
    except (OSError, smtplib.SMTPException):
        return


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """A gateway that sends the address of a client elsewhere is not followed."""

    def redirect_request(self, *_: object) -> None:
        return None


def by_sms(config: SmsConfig, token: str, callback: str) -> Transport:
    """A gateway that speaks as Twilio does: one form, one answer in JSON."""
    url = f"{config.url}/2010-04-01/Accounts/{config.account}/Messages.json"
    secret = base64.b64encode(f"{config.account}:{token}".encode()).decode()
    opener = urllib.request.build_opener(_NoRedirect)

    def send(message: Outgoing) -> str:
        form = {"To": message.to, "From": config.sender, "Body": message.text, "StatusCallback": callback}
        request = urllib.request.Request(  # noqa: S310 - http or https, or the settings are refused
            url,
            urllib.parse.urlencode(form).encode(),
            {"Authorization": f"Basic {secret}", "I-Twilio-Idempotency-Token": message.mark},
        )
        try:
            with opener.open(request, timeout=PATIENCE) as answer:
                return str(_told(answer.read()).get("sid", ""))[:64]
        except urllib.error.HTTPError as error:
            code = _told(error.read()).get("code")
            raise BadAddress if code in BAD_NUMBERS else NotSent from error
        except urllib.error.URLError as error:  # it was never reached
            raise NotSent from error
        except (OSError, ValueError, http.client.HTTPException) as error:
            raise NotSent(maybe=True) from error

    return send


def _told(body: bytes) -> Mapping[str, object]:
    try:
        told = json.loads(body)
    except ValueError:
        return {}
    return told if isinstance(told, dict) else {}


def into_folder(folder: Path) -> Transport:
    """One file a message, for the demo: nothing leaves this machine."""

    def send(message: Outgoing) -> str:
        folder.mkdir(exist_ok=True)
        partial = folder / f"{message.mark}.part"
        partial.write_text(json.dumps(asdict(message)), encoding="utf-8")
        partial.replace(folder / f"{message.mark}.json")
        return ""

    return send


def outbox_folder() -> Path:
    """Where the demo puts what it would send."""
    return _folder() / OUTBOX


def transports() -> Mapping[str, Transport]:
    """What this site sends by: nothing, until the practice has said so."""
    site = settings.SITE
    if site.demo:
        return dict.fromkeys(("email", "sms"), into_folder(outbox_folder()))
    found: dict[str, Transport] = {}
    if site.email is not None:
        found["email"] = by_mail(site.email, _secret(site.email.password_file))
    if site.sms is not None:
        found["sms"] = by_sms(site.sms, _secret(site.sms.token_file), f"{site.address}/sms")
    return found


def sms_token() -> str:
    """What the gateway signs with; blank where there is none."""
    return _secret(settings.SITE.sms.token_file) if settings.SITE.sms is not None else ""


def _folder() -> Path:
    folder = settings.SITE_FOLDER
    assert folder is not None  # noqa: S101 - for the types: nothing is sent without a site
    return folder


def _secret(file: str) -> str:
    return (_folder() / file).read_text(encoding="utf-8").strip() if file else ""
