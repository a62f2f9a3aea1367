"""What holds of every merge: no order, no repetition and no text loses anything that somebody did."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from itertools import permutations
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from sync.merge import ADD_REMOVE, COUNTER, TEXT, THREE_WAY, merge_fields
from sync.text_merge import hunks, lines_of, merge_text, tokens_of

SETS = st.lists(st.sampled_from("abcdef"), unique=True)
NUMBERS = st.decimals(min_value=-10_000, max_value=10_000, places=3).map(lambda number: format(number, "f"))
# Few letters, so that lines and words repeat; blanks, ends of lines and Chinese.
TEXTS = st.text(alphabet="ab 甲乙\n.,1", max_size=40)
VALUES = st.one_of(st.none(), st.sampled_from("xyz"))


seeded = settings(deadline=None, derandomize=True, database=None)


def stored(text: str) -> str:
    return "\n".join(lines_of(text))


def arriving(policy: str, base: Any, edits: Sequence[Any]) -> Any:
    """The server's value after edits that were all made over `base`, in this order of arrival."""
    theirs = base
    for mine in edits:
        merged = merge_fields({"f": policy}, {"f": base}, {"f": mine}, {"f": theirs})
        assert merged.differences == []
        theirs = merged.apply.get("f", theirs)
    return theirs


@seeded
@given(SETS, st.lists(SETS, min_size=2, max_size=3))
def test_sets_converge_in_any_order(base: list[str], edits: list[list[str]]) -> None:
    results = {frozenset(arriving(ADD_REMOVE, base, order)) for order in permutations(edits)}
    assert len(results) == 1
    [result] = results
    added = {item for edit in edits for item in edit if item not in base}
    removed = {item for edit in edits for item in base if item not in edit}
    assert result == (set(base) | added) - removed


@seeded
@given(NUMBERS, st.lists(NUMBERS, min_size=2, max_size=3))
def test_counters_converge_in_any_order_and_are_exact(base: str, edits: list[str]) -> None:
    results = {Decimal(arriving(COUNTER, base, order)) for order in permutations(edits)}
    assert results == {Decimal(base) + sum((Decimal(edit) - Decimal(base) for edit in edits), Decimal(0))}


@seeded
@given(st.integers(-(2**62), 2**62), st.integers(-(2**62), 2**62), st.integers(-(2**62), 2**62))
def test_whole_counters_stay_whole(base: int, mine: int, theirs: int) -> None:
    merged = merge_fields({"f": COUNTER}, {"f": base}, {"f": mine}, {"f": theirs})
    assert merged.apply.get("f", theirs) == theirs + mine - base
    assert isinstance(merged.apply.get("f", theirs), int)


@seeded
@given(VALUES, VALUES, VALUES)
def test_three_way_is_idempotent_and_keeps_one_of_both(base: Any, mine: Any, theirs: Any) -> None:
    merged = merge_fields({"f": THREE_WAY}, {"f": base}, {"f": mine}, {"f": theirs})
    result = merged.apply.get("f", theirs)
    assert result in (mine, theirs)
    assert (result == mine) or merged.differences or mine == base
    again = merge_fields({"f": THREE_WAY}, {"f": base}, {"f": mine}, {"f": result})
    assert again.apply.get("f", result) == result
    assert again.differences == merged.differences


@seeded
@given(TEXTS, TEXTS)
def test_one_sided_changes_of_a_text_are_taken_whole(base: str, changed: str) -> None:
    assert merge_text(base, changed, base) == stored(changed)
    assert merge_text(base, base, changed) == stored(changed)
    assert merge_text(base, changed, changed) == stored(changed)


@seeded
@given(TEXTS, TEXTS)
def test_a_difference_makes_the_one_out_of_the_other(before: str, after: str) -> None:
    for split in (lines_of, tokens_of):
        old, new = split(before), split(after)
        rebuilt: list[str] = []
        at = 0
        for hunk in hunks(old, new):
            assert hunk.start > at or at == 0  # something is kept in between
            rebuilt += [*old[at : hunk.start], *hunk.tokens]
            at = hunk.end
        assert [*rebuilt, *old[at:]] == new


@seeded
@given(TEXTS, TEXTS, TEXTS)
def test_whether_texts_clash_does_not_depend_on_the_side(base: str, mine: str, theirs: str) -> None:
    one, other = merge_text(base, mine, theirs), merge_text(base, theirs, mine)
    assert (one is None) == (other is None)
    # Only what both added at one place stands in the order of arrival.
    if one is not None and other is not None:
        assert sorted(tokens_of(one)) == sorted(tokens_of(other))


@st.composite
def changed_texts(draw: st.DrawFn) -> tuple[str, str, str]:
    """A text of distinct words, and two changes of it that remove words and add ones of their own."""
    lines = draw(st.lists(st.integers(1, 4), min_size=1, max_size=6))
    words = [[f"w{line}x{at}" for at in range(count)] for line, count in enumerate(lines)]

    def change(own: str) -> str:
        counter = iter(range(1_000))
        result = []
        for line in words:
            kept = [word for word in line if draw(st.integers(0, 5))]
            for _ in range(draw(st.sampled_from([0, 0, 0, 1]))):
                kept.insert(draw(st.integers(0, len(kept))), f"{own}{next(counter)}")
            result.append(kept)
        for _ in range(draw(st.sampled_from([0, 0, 1]))):
            result.insert(draw(st.integers(0, len(result))), [f"{own}{next(counter)}"])
        return "\n".join(" ".join(line) for line in result)

    return "\n".join(" ".join(line) for line in words), change("m"), change("t")


@seeded
@given(changed_texts())
def test_no_word_of_either_side_is_lost_without_a_clash(texts: tuple[str, str, str]) -> None:
    base, mine, theirs = texts
    result = merge_text(base, mine, theirs)
    if result is None:
        merged = merge_fields({"f": TEXT}, {"f": base}, {"f": mine}, {"f": theirs})
        assert merged.differences == [{"field": "f", "base": base, "mine": mine, "theirs": theirs}]
        return
    known, got = set(base.split()), set(result.split())
    assert got >= set(mine.split()) - known
    assert got >= set(theirs.split()) - known
    # A word of the base goes exactly where one of them removed it.
    assert got & known == known & set(mine.split()) & set(theirs.split())


def test_texts_of_64_kilobytes_take_no_time_worth_telling() -> None:
    alike = "\n" * 65_000
    distinct = "\n".join(f"第 {number} 行" for number in range(4_500))
    backwards = "\n".join(reversed(distinct.split("\n")))
    assert merge_text(alike + "a", alike + "b", "c" + alike + "a") is not None
    assert merge_text(distinct, backwards, distinct.replace("7", "x")) is None
    assert merge_text(distinct, distinct + "\n尾", "头\n" + distinct) == "头\n" + distinct + "\n尾"
