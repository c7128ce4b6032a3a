"""Who is in the next file of a study, so that no two files tell by their difference who came or went.

People come and go in blocks of eleven. Whoever says yes waits until there are eleven such; those who come with one file
are a group, and stay one. Whoever takes his yes back is out of the next file at once, and as many others of his group
with him as make up a block. Nobody who is out comes back: the difference between a third file and the second would tell
apart who left and who covered for him.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence, Set

from holdfast.study.cells import LEAST


def next_release(
    willing: Set[str], earlier: Sequence[Set[str]], *, order: Callable[[str], bytes], block: int = LEAST
) -> Sequence[frozenset[str]]:
    """Choose who is in the next file.

    Parameters
    ----------
    willing
        Who allows it now.
    earlier
        Who was in each file before, the first one first. Each was chosen by this function.
    order
        Puts people in an order that nobody can know who does not hold the key of the study: by it is chosen who waits
        and who covers.

    Returns
    -------
    Of each file before those who came with it and are in this one as well, and last those who come with this one: in
    each group nobody, or a number of people that is divided by ``block``.
    """
    seen: frozenset[str] = frozenset()
    last: Set[str] = earlier[-1] if earlier else seen
    groups = []
    for file in earlier:
        groups.append(_stays((file - seen) & last, willing, order, block))
        seen |= file
    new = sorted(willing - seen, key=order)
    return [*groups, frozenset(new[: len(new) // block * block])]


def _stays(group: Set[str], willing: Set[str], order: Callable[[str], bytes], block: int) -> frozenset[str]:
    """Who is left of a group: without those who took it back, and without those who cover for them."""
    left = group - willing
    return frozenset(sorted(group & willing, key=order)[-len(left) % block :])
