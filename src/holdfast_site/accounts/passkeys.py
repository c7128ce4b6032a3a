"""Passkeys: what a browser is asked to sign, and whether what it signed is right. py_webauthn does the checking."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db import transaction
from webauthn import (
    generate_authentication_options,
    generate_registration_options,
    options_to_json,
    verify_authentication_response,
    verify_registration_response,
)
from webauthn.helpers import parse_authentication_credential_json
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from holdfast_site.accounts.models import Member, Passkey

MOST_BYTES = 16 * 1024  # of what a browser sends back


@dataclass(frozen=True, slots=True)
class Site:
    """Which site the browser signs for: a passkey of one host is worth nothing on another."""

    host: str
    origin: str


@dataclass(frozen=True, slots=True, repr=False)
class Asked:
    """What the browser is asked, and the part of it that has to come back signed."""

    options: str
    challenge: bytes


def site_at(address: str) -> Site | None:
    """The site under an address such as https://example.org. None for a number: browsers make no passkeys there."""
    host = address.partition("://")[2].partition(":")[0]
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return Site(host, address) if host and not host.startswith("[") else None
    return None


def asked_to_make(member: Member, site: Site) -> Asked:
    """Ask for a new passkey of a member."""
    options = generate_registration_options(
        rp_id=site.host,
        rp_name=site.host,  # the practice's name would stand in the phone's list
        user_name=member.login,
        user_id=settings.VAULT.lasting("passkeys", str(member.pk).encode()),
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.REQUIRED, user_verification=UserVerificationRequirement.REQUIRED
        ),
        exclude_credentials=_of(member),
    )
    return Asked(options_to_json(options), options.challenge)


def keep_made(member: Member, answer: str, challenge: bytes | None, site: Site, *, now: datetime) -> bool:
    """Keep a new passkey, if what came back is what was asked for. In a transaction."""
    if not challenge or len(answer) > MOST_BYTES:
        return False
    try:
        made = verify_registration_response(
            credential=answer,
            expected_challenge=challenge,
            expected_rp_id=site.host,
            expected_origin=site.origin,
            require_user_verification=True,
        )
    except (WebAuthnException, ValueError):
        return False
    if Passkey.objects.filter(credential=made.credential_id).exists():
        return False
    Passkey.objects.create(
        member=member,
        credential=made.credential_id,
        public_key=made.credential_public_key,
        sign_count=made.sign_count,
        made_at=now,
    )
    return True


def asked_to_show(site: Site) -> Asked:
    """Ask for a signature of whoever it is: the phone knows its own passkeys, so nobody has to say a name first."""
    options = generate_authentication_options(rp_id=site.host, user_verification=UserVerificationRequirement.REQUIRED)
    return Asked(options_to_json(options), options.challenge)


def shown(answer: str, challenge: bytes | None, site: Site, *, now: datetime) -> Passkey | None:
    """With which passkey somebody signed; none if it is nobody's, or not what was asked."""
    if not challenge or len(answer) > MOST_BYTES:
        return None
    try:
        came = parse_authentication_credential_json(answer)
        passkey = Passkey.objects.select_related("member").filter(credential=came.raw_id).first()
        if passkey is None or not passkey.member.is_active:
            return None
        verified = verify_authentication_response(
            credential=came,
            expected_challenge=challenge,
            expected_rp_id=site.host,
            expected_origin=site.origin,
            credential_public_key=bytes(passkey.public_key),
            credential_current_sign_count=passkey.sign_count,
            require_user_verification=True,
        )
    except (WebAuthnException, ValueError):
        return None
    with transaction.atomic():
        Passkey.objects.filter(pk=passkey.pk).update(sign_count=verified.new_sign_count, used_at=now)
    return passkey


def _of(member: Member) -> list[PublicKeyCredentialDescriptor]:
    known = Passkey.objects.filter(member=member).values_list("credential", flat=True)
    return [PublicKeyCredentialDescriptor(id=bytes(one)) for one in known]
