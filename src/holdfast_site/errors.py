"""What can go wrong with a site, in words for whoever runs it. None of them holds what a client said."""

from __future__ import annotations

from holdfast.errors import FolderError, HoldfastError


class UnsafeSite(FolderError):
    """The site will not start like this. Every reason is listed, each with what to do about it."""

    def __init__(self, problems: list[str]) -> None:
        self.problems = problems
        super().__init__("This site will not start:\n" + "\n".join(f"- {problem}" for problem in problems))


class VaultError(HoldfastError):
    """A key or a sealed box is not what it should be: the wrong key file, or something was changed."""
