"""Who works at the practice and may sign in, and in which roles."""

from __future__ import annotations

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models

from holdfast_site.access.actors import Role
from holdfast_site.people.models import Therapist

STAFF = (Role.THERAPIST, Role.SUPERVISOR, Role.CARE_CONTACT, Role.LEAD, Role.DESK)


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
    role = models.CharField(max_length=20, choices=[(role.value, role.value) for role in STAFF])
    therapist = models.ForeignKey(Therapist, on_delete=models.PROTECT, null=True, related_name="posts")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["member", "role"], name="one_post_a_role"),
            models.CheckConstraint(
                condition=models.Q(role=Role.THERAPIST, therapist__isnull=False)
                | (~models.Q(role=Role.THERAPIST) & models.Q(therapist__isnull=True)),
                name="a_therapists_post_says_which",
            ),
        ]

    def __str__(self) -> str:
        return f"post {self.pk}"
