"""Near-duplicate contexts: the same sentence again and again says no more than once.

Two examples are near-duplicates if they lie on the same token of the vocabulary and, laid over each other at that
token, at least ``SHARE`` of the ``BEFORE`` tokens before and ``AFTER`` after it are the same; places that one of the
two prompts does not have are left out, and at least ``LEAST`` places must be left. So a quotation, a licence text or
the same template with another name is folded, and two sentences that share a phrase are not.
"""

from collections.abc import Callable, Sequence

from models.records import Example, IntArray

BEFORE, AFTER = 12, 4
SHARE = 0.8
LEAST = 6


def are_near_duplicates(one: IntArray, at: int, other: IntArray, other_at: int) -> bool:
    """Whether the contexts of token ``at`` in prompt ``one`` and of ``other_at`` in ``other`` are nearly the same."""
    if one[at] != other[other_at]:
        return False
    before = min(BEFORE, at, other_at)
    after = min(AFTER, len(one) - 1 - at, len(other) - 1 - other_at)
    places = before + after
    if places < LEAST:
        return False
    mine, theirs = one[at - before : at + after + 1], other[other_at - before : other_at + after + 1]
    # The token itself is equal and not counted.
    return int((mine == theirs).sum()) - 1 >= SHARE * places


def fold(examples: Sequence[Example], prompt: Callable[[int], IntArray]) -> list[tuple[Example, list[Example]]]:
    """Each example that is shown with its near-duplicates, which are folded into it; the order stays.

    ``prompt`` gives the token ids (context,) of a prompt.
    """
    shown: list[tuple[Example, list[Example]]] = []
    for example in examples:
        ids = prompt(example.prompt)
        for kept, folded in shown:
            if are_near_duplicates(prompt(kept.prompt), kept.position, ids, example.position):
                folded.append(example)
                break
        else:
            shown.append((example, []))
    return shown
