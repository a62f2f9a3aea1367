"""Three-way merge of long texts, by lines and inside changed lines by words. Pure; PROTOCOL.md, section 4.4, "Texts".

Specified to the letter, so that every client comes to the same text: a patience difference (anchors are tokens that
occur once on both sides), then diff3. No library does that: `merge3` is under the GPL, `three-merge` and
`diff-match-patch` merge by fuzzy patches, which may drop what they cannot place.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

# Numbers, addresses and Latin words stay whole: half of one and half of another would be a third that nobody wrote.
_TOKEN = re.compile("[0-9A-Za-z\u00c0-\u024f_.,:;@/+%#&'\u2019-]+|.", re.DOTALL)
_DEEPEST = 32
_BLANK = " \t\n\u00a0\u3000"


@dataclass(frozen=True, slots=True)
class Hunk:
    """`base[start:end]` became `tokens`. An insertion has `start == end`."""

    start: int
    end: int
    tokens: tuple[str, ...]


def merge_text(base: str, mine: str, theirs: str) -> str | None:
    """Both sides' changes of `base`; None where they overlap. All three are read as they would be stored (`lines_of`):
    else what the server tidied up would look like somebody's change."""
    before, ours, others = lines_of(base), lines_of(mine), lines_of(theirs)
    merged: list[str] = []
    at = 0
    for start, end, my_hunks, their_hunks in _groups(hunks(before, ours), hunks(before, others), touching=False):
        merged += before[at:start]
        at = end
        mine_here, theirs_here = _side(before, start, end, my_hunks), _side(before, start, end, their_hunks)
        if not my_hunks or not their_hunks:
            merged += mine_here if my_hunks else theirs_here
        elif mine_here == theirs_here:
            merged += mine_here
        elif start == end:
            merged += _both_inserted(mine_here, theirs_here)
        else:
            words = _merge_words(before[start:end], mine_here, theirs_here)
            if words is None:
                return None
            merged += words
    return "\n".join([*merged, *before[at:]])


def lines_of(text: str) -> list[str]:
    """A text's lines without their ends, in NFC, without blanks around the whole; the empty text has none."""
    plain = unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n")).strip(_BLANK)
    return plain.split("\n") if plain else []


def tokens_of(text: str) -> list[str]:
    """A text as words: runs of Latin letters, digits and the signs inside numbers and addresses; else single signs."""
    return _TOKEN.findall(text)


def hunks(before: Sequence[str], after: Sequence[str]) -> list[Hunk]:
    """What changed, in order; between two hunks at least one token is untouched."""
    kept = _kept(before, after)
    found: list[Hunk] = []
    at, to = 0, 0
    for i, j in [*kept, (len(before), len(after))]:
        if (i, j) != (at, to):
            found.append(Hunk(at, i, tuple(after[to:j])))
        at, to = i + 1, j + 1
    return found


def _kept(before: Sequence[str], after: Sequence[str]) -> list[tuple[int, int]]:
    """The pairs of positions that stay, ascending: equal ends first, then anchors, then between them again."""
    pairs: list[tuple[int, int]] = []
    waiting = [(0, len(before), 0, len(after), 0)]
    while waiting:
        low, high, left, right, depth = waiting.pop()
        while low < high and left < right and before[low] == after[left]:
            pairs.append((low, left))
            low, left = low + 1, left + 1
        while low < high and left < right and before[high - 1] == after[right - 1]:
            high, right = high - 1, right - 1
            pairs.append((high, right))
        if low == high or left == right or depth == _DEEPEST:
            continue
        at, to = low, left
        anchors = _anchors(before, after, low, high, left, right)
        for i, j in [*anchors, (high, right)] if anchors else []:
            waiting.append((at, i, to, j, depth + 1))
            at, to = i + 1, j + 1
        pairs += anchors
    return sorted(pairs)


def _anchors(
    before: Sequence[str], after: Sequence[str], low: int, high: int, left: int, right: int
) -> list[tuple[int, int]]:
    """Tokens that occur once on either side, in the longest order that both sides share (patience sorting)."""
    once_before, once_after = Counter(before[low:high]), Counter(after[left:right])
    places = {after[j]: j for j in range(left, right) if once_after[after[j]] == 1}
    piles: list[int] = []  # the smallest position on top of each pile
    tops: list[int] = []  # which candidate lies there
    candidates: list[tuple[int, int, int]] = []  # (before, after, the candidate below)
    for i in range(low, high):
        j = places.get(before[i]) if once_before[before[i]] == 1 else None
        if j is None:
            continue
        pile = bisect_left(piles, j)
        candidates.append((i, j, tops[pile - 1] if pile else -1))
        piles[pile : pile + 1] = [j]
        tops[pile : pile + 1] = [len(candidates) - 1]
    found: list[tuple[int, int]] = []
    follow = tops[-1] if tops else -1
    while follow >= 0:
        i, j, follow = candidates[follow]
        found.append((i, j))
    return found[::-1]


def _groups(mine: list[Hunk], theirs: list[Hunk], *, touching: bool) -> list[tuple[int, int, list[Hunk], list[Hunk]]]:
    """Hunks of both sides that share base tokens, together, with the range that they cover; in order.

    Two insertions at one place are together. `touching`: so are hunks without an untouched token between them.
    """
    found: list[tuple[int, int, list[Hunk], list[Hunk]]] = []
    for hunk, is_mine in sorted([*((h, False) for h in theirs), *((h, True) for h in mine)], key=_place):
        if found:
            start, end, my_hunks, their_hunks = found[-1]
            together = hunk.start < end or hunk.start == hunk.end == start == end
            if together or (touching and hunk.start == end):
                (my_hunks if is_mine else their_hunks).append(hunk)
                found[-1] = (start, max(end, hunk.end), my_hunks, their_hunks)
                continue
        found.append((hunk.start, hunk.end, [hunk] if is_mine else [], [] if is_mine else [hunk]))
    return found


def _place(hunk: tuple[Hunk, bool]) -> tuple[int, int]:
    return hunk[0].start, hunk[0].end


def _side(before: Sequence[str], start: int, end: int, changed: list[Hunk]) -> list[str]:
    """`before[start:end]` with one side's hunks."""
    found: list[str] = []
    for hunk in changed:
        found += [*before[start : hunk.start], *hunk.tokens]
        start = hunk.end
    return [*found, *before[start:end]]


def _both_inserted(mine: list[str], theirs: list[str]) -> list[str]:
    """Lines that both added at one place: what is equal at either end once, then theirs, then mine."""
    shortest, head, tail = min(len(mine), len(theirs)), 0, 0
    while head < shortest and mine[head] == theirs[head]:
        head += 1
    while tail < shortest - head and mine[-1 - tail] == theirs[-1 - tail]:
        tail += 1
    middle = [*theirs[head : len(theirs) - tail], *mine[head : len(mine) - tail]]
    return [*mine[:head], *middle, *mine[len(mine) - tail :]]


def _merge_words(before: list[str], mine: list[str], theirs: list[str]) -> list[str] | None:
    """Lines that both sides changed, word by word; None where the changes overlap or touch."""
    sides = [tokens_of("\n".join(side)) for side in (before, mine, theirs)]
    base, found, at = sides[0], list[str](), 0
    for start, end, my_hunks, their_hunks in _groups(hunks(base, sides[1]), hunks(base, sides[2]), touching=True):
        mine_here, theirs_here = _side(base, start, end, my_hunks), _side(base, start, end, their_hunks)
        if my_hunks and their_hunks and mine_here != theirs_here:
            return None
        found += [*base[at:start], *(mine_here if my_hunks else theirs_here)]
        at = end
    return "".join([*found, *base[at:]]).split("\n")
