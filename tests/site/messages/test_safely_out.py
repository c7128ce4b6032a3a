"""A message goes to the mail server that it is for and to nobody else: no false certificate, no address more."""

from __future__ import annotations

import socket
import ssl
import threading
from datetime import timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from tests.site.messages.sinks import mail_server


def going_out(**changes):
    from holdfast_site.messages.transports import Outgoing

    said = {
        "mark": "m",
        "channel": "email",
        "to": "dan@his.example",
        "subject": "For you",
        "text": "Zanzibar",
        "stop": "",
    }
    return Outgoing(**{**said, **changes})


def mail_by(port, security):
    from holdfast_site.config import EmailConfig
    from holdfast_site.messages.transports import by_mail

    return by_mail(EmailConfig(host="localhost", port=port, security=security, sender="Hill <hello@hill.example>"), "")


@pytest.fixture(name="false_server")
def _false_server(tmp_path, now):
    """A mail server that speaks TLS, under a certificate that it made itself; and what it heard inside of it."""
    key, name = (
        ec.generate_private_key(ec.SECP256R1()),
        x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")]),
    )
    made = x509.CertificateBuilder(name, name, key.public_key(), 1, now - timedelta(days=1), now + timedelta(days=1))
    made = made.add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
    (tmp_path / "cert").write_bytes(made.sign(key, SHA256()).public_bytes(Encoding.PEM))
    (tmp_path / "key").write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "cert", tmp_path / "key")
    heard = []

    def serve(listening, starttls):
        wire = listening.accept()[0]
        with wire:
            if starttls:
                wire.sendall(b"220 here\r\n")
                wire.recv(1000)
                wire.sendall(b"250-here\r\n250 STARTTLS\r\n")
                wire.recv(1000)
                wire.sendall(b"220 go on\r\n")
            try:
                with context.wrap_socket(wire, server_side=True) as inside:
                    inside.sendall(b"220 here\r\n")
                    heard.append(inside.recv(1000))
            except (ssl.SSLError, OSError):
                return

    def begin(*, starttls):
        listening = socket.create_server(("127.0.0.1", 0))
        thread = threading.Thread(target=serve, args=(listening, starttls), daemon=True)
        thread.start()
        begun.append((listening, thread))
        return listening.getsockname()[1]

    begun = []
    yield begin, heard
    for listening, thread in begun:
        thread.join(10)
        listening.close()


@pytest.mark.parametrize("security", ["tls", "starttls"])
def test_a_mail_server_with_a_false_certificate_is_told_nothing(site, false_server, security):
    from holdfast_site.messages.transports import NotSent

    begin, heard = false_server
    with pytest.raises(NotSent) as refused:
        mail_by(begin(starttls=security == "starttls"), security)(going_out())
    assert isinstance(refused.value.__cause__, ssl.SSLCertVerificationError)
    assert not refused.value.maybe
    assert b"".join(heard) == b""


@pytest.mark.parametrize("end", ["\r\n", "\n", "\r"])
@pytest.mark.parametrize("where", ["to", "subject"])
def test_nobody_is_written_to_who_stands_behind_a_line_break(site, end, where):
    from holdfast_site.messages.transports import BadAddress

    with mail_server() as sink:
        sends = mail_by(sink.port, "none")
        with pytest.raises(BadAddress):
            sends(going_out(**{where: f"dan@his.example{end}Bcc: eve@hers.example"}))
        assert sink.got == []
        sends(going_out())
        assert [one["To"] for one in sink.got] == ["dan@his.example"]
