"""Who may sign in, in which roles, and with what: passkeys, or a password with a code app and codes on paper."""

from __future__ import annotations

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.sessions.base_session import AbstractBaseSession
from django.db import models

from holdfast_site.access.actors import Role
from holdfast_site.people.models import Client, Therapist

STAFF = (Role.THERAPIST, Role.SUPERVISOR, Role.CARE_CONTACT, Role.LEAD, Role.DESK)
POSTS = (*STAFF, Role.CLIENT)


class Member(AbstractBaseUser):
    """Somebody who may sign in."""

    login = models.CharField(max_length=100, unique=True)
    is_active = models.BooleanField(default=True)

    objects = BaseUserManager["Member"]()
    USERNAME_FIELD = "login"

    def __str__(self) -> str:
        return f"member {self.pk}"


class Post(models.Model):
    """One role of a member. He acts in one at a time; roles never add up."""

    member = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="posts")
    role = models.CharField(max_length=20, choices=[(role.value, role.value) for role in POSTS])
    therapist = models.ForeignKey(Therapist, on_delete=models.PROTECT, null=True, related_name="posts")
    client = models.OneToOneField(Client, on_delete=models.PROTECT, null=True, related_name="post")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["member", "role"], name="one_post_a_role"),
            models.CheckConstraint(
                condition=models.Q(role=Role.THERAPIST, therapist__isnull=False)
                | (~models.Q(role=Role.THERAPIST) & models.Q(therapist__isnull=True)),
                name="a_therapists_post_says_which",
            ),
            models.CheckConstraint(
                condition=models.Q(role=Role.CLIENT) ^ models.Q(client__isnull=True), name="a_clients_post_says_which"
            ),
        ]

    def __str__(self) -> str:
        return f"post {self.pk}"

    @property
    def called(self) -> str:
        """How colleagues and clients know him: a therapist by name, anybody else by what he signs in with."""
        name = self.therapist.name if self.therapist is not None else ""
        return name or self.member.login


class Passkey(models.Model):
    """What a phone, a computer or a key signs with. Only the public half is here."""

    member = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="passkeys")
    credential = models.BinaryField(max_length=1023, unique=True)
    public_key = models.BinaryField()
    sign_count = models.PositiveBigIntegerField()
    made_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)
    told_at = models.DateTimeField(null=True)  # up to when whoever signs in with it knows what was changed

    def __str__(self) -> str:
        return f"passkey {self.pk}"


class Session(AbstractBaseSession):
    """What a browser is known by from one page to the next. ``member``: who showed there that it is he."""

    member = models.ForeignKey(Member, on_delete=models.CASCADE, null=True, related_name="sessions")


class CodeApp(models.Model):
    """The secret that a member shares with his code app, sealed; and the last code that was taken."""

    member = models.OneToOneField(Member, on_delete=models.PROTECT, related_name="code_app")
    sealed = models.BinaryField()
    last_step = models.BigIntegerField(default=0)
    made_at = models.DateTimeField()
    told_at = models.DateTimeField(null=True)  # up to when whoever signs in with it knows what was changed

    def __str__(self) -> str:
        return f"code app {self.pk}"

    @property
    def place(self) -> str:
        """Where it is sealed for."""
        return f"accounts_codeapp/{self.member_id}"


class PaperCode(models.Model):
    """A code for the day on which the phone is gone. It works once; only its keyed digest is here."""

    member = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="paper_codes")
    digest = models.BinaryField(max_length=32, unique=True)
    used_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"paper code {self.pk}"


class Mailbox(models.Model):
    """An address of his own at which somebody who works here hears that something is waiting. Another is another row.

    Sealed by the master key: it is known to the worker while nobody is signed in. ``form`` is the id of the form by
    which it was entered, once or many times.
    """

    member = models.OneToOneField(Member, on_delete=models.PROTECT, related_name="mailbox")
    form = models.UUIDField()
    sealed = models.BinaryField()
    entered_at = models.DateTimeField()
    confirmed_at = models.DateTimeField(null=True)  # he has typed the code that went there
    told_at = models.DateTimeField(null=True)  # when the last mail that something is waiting was written
    missed_at = models.DateTimeField(null=True)  # the last mail did not get through; the next one is tried as ever
    failed_at = models.DateTimeField(null=True)  # it does not work: nothing more goes there

    def __str__(self) -> str:
        return f"mailbox {self.pk}"

    @property
    def place(self) -> str:
        """Where it is sealed for."""
        return f"accounts_mailbox/{self.member_id}/{self.form}"

    @property
    def is_used(self) -> bool:
        """Whether mails that something is waiting go there."""
        return self.confirmed_at is not None and self.failed_at is None


class Welcome(models.Model):
    """A first way in: a link, and a code that is told apart from it. Neither is enough, and both together work once."""

    post = models.ForeignKey(Post, on_delete=models.PROTECT, related_name="welcomes")
    link = models.BinaryField(max_length=32, unique=True)
    code = models.BinaryField(max_length=32)
    expires_at = models.DateTimeField()
    wrong = models.PositiveSmallIntegerField(default=0)
    used_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"welcome {self.pk}"


class Tries(models.Model):
    """How often somebody was wrong, and when last. ``what`` is a keyed digest: no name and no address stands here."""

    what = models.BinaryField(max_length=32, unique=True)
    wrong = models.PositiveIntegerField()
    last_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"tries {self.pk}"


class Assignment(models.Model):
    """A supervisor of one therapist's clients, or of one client. It holds from the day on which they were told."""

    supervisor = models.ForeignKey(Post, on_delete=models.PROTECT, related_name="assignments")
    therapist = models.ForeignKey(Therapist, on_delete=models.PROTECT, null=True, related_name="+")
    client = models.ForeignKey(Client, on_delete=models.PROTECT, null=True, related_name="+")
    told_on = models.DateField()  # when the client, or every client of the therapist, was told
    assigned_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "oversight_assignment"  # as it was called when it was made
        constraints = [
            models.CheckConstraint(
                condition=models.Q(therapist__isnull=True, client__isnull=False)
                | models.Q(therapist__isnull=False, client__isnull=True),
                name="assigned_to_a_therapist_or_to_a_client",
            ),
            models.UniqueConstraint(
                fields=["supervisor", "therapist"],
                condition=models.Q(ended_at__isnull=True),
                name="one_assignment_a_therapist",
            ),
            models.UniqueConstraint(
                fields=["supervisor", "client"],
                condition=models.Q(ended_at__isnull=True),
                name="one_assignment_a_client",
            ),
        ]

    def __str__(self) -> str:
        return f"assignment {self.pk}"
