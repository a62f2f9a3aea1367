"""The closed set of refusals: each whole in both languages, each code its own, each in the guide."""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from exchange.errors_text import CELL_PROBLEMS, FILE_PROBLEMS
from graphql_api.guide import guide_with
from server.catalogue import load_rooms
from server.refusals import product_refusals
from values.errors import Refusal

load_rooms()
ROOT = Path(__file__).parents[2]
GUIDE = (ROOT / "docs" / "guide" / "api.md").read_text(encoding="utf-8")
FOLDERS = ("server", "graphql/graphql_api", "sync", "exchange", "modules", "billing", "tenants", "kernel", "values")
CHINESE = "\u4e00-\u9fff“”《》（）、"
# An ASCII sign between Chinese ones, where a full-width one belongs; a Chinese text never ends in one either.
BETWEEN = re.compile(rf"[{CHINESE}]\s*[,.;:?!()]\s*[{CHINESE}]")
LAST = re.compile(rf"[{CHINESE}][,.;:?!)]\s*$")
PLACE = re.compile(r"\{(\w+)\}")
REFUSALS = product_refusals()
EVERY = pytest.mark.parametrize("refusal", REFUSALS, ids=lambda found: found.code)


def classes_in_sources() -> Iterator[tuple[str, str]]:
    """(file, class) of every class that derives from Refusal, however many steps away, as the sources spell it."""
    parents: dict[str, list[tuple[str, list[str]]]] = {}
    for folder in FOLDERS:
        for path in sorted((ROOT / folder).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.ClassDef):
                    above = [ast.unparse(found).rsplit(".", 1)[-1] for found in node.bases]
                    parents.setdefault(node.name, []).append((path.relative_to(ROOT).as_posix(), above))
    known = {"Refusal"}
    while more := {name for name, found in parents.items() if name not in known and _any(found, known)}:
        known |= more
    yield from ((file, name) for name in known - {"Refusal"} for file, above in parents[name] if known & set(above))


def _any(found: list[tuple[str, list[str]]], known: set[str]) -> bool:
    return any(known & set(above) for _, above in found)


def test_the_set_is_everything_that_the_sources_define() -> None:
    """A refusal stands in an `errors.py` or `*_errors.py`: there the guide's generator finds it."""
    loaded = Counter((found.__module__, found.__name__) for found in REFUSALS)
    written = Counter()
    for file, name in classes_in_sources():
        assert file.removesuffix(".py").endswith("errors"), f"{file}: {name}"
        written[file.removeprefix("graphql/").removesuffix(".py").replace("/", "."), name] += 1
    assert written == loaded
    assert len(REFUSALS) > 100


def test_no_two_refusals_share_a_code() -> None:
    shared = {code: times for code, times in Counter(found.code for found in REFUSALS).items() if times > 1}
    assert shared == {}
    for refusal in REFUSALS:
        assert "code" in vars(refusal), f"{refusal.__name__} has its parent's code"


@EVERY
def test_every_refusal_is_whole_in_both_languages(refusal: type[Refusal]) -> None:
    assert re.fullmatch(r"[A-Z][A-Z0-9_]*", refusal.code)
    for zh, en in ((refusal.zh, refusal.en), (refusal.remedy_zh, refusal.remedy_en)):
        assert zh
        assert en
        only_a_place = PLACE.fullmatch(zh) is not None
        assert only_a_place or re.search(rf"[{CHINESE}]", zh), zh
        assert not re.search(r"[\u4e00-\u9fff，。：；！？]", en), en
        assert not BETWEEN.search(zh), zh
        assert not LAST.search(zh), zh
    # Both languages tell the same particulars; what reads differently in each is {problem_zh} and {problem_en}.
    chinese, english = _particulars(refusal.zh, refusal.remedy_zh), _particulars(refusal.en, refusal.remedy_en)
    assert chinese == english


def _particulars(*texts: str) -> set[str]:
    return {re.sub(r"(?:^|_)(?:zh|en)$", "", place) for text in texts for place in PLACE.findall(text)}


def test_no_chinese_text_of_the_product_has_ascii_punctuation_inside() -> None:
    """Every string, put together over as many lines as it may be; an address in an example is no sentence."""
    for folder in (*FOLDERS, "infra"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Constant) and isinstance(node.value, str) and "://" not in node.value:
                    assert not BETWEEN.search(node.value), f"{path.relative_to(ROOT)}:{node.lineno} {node.value!r}"


@pytest.mark.parametrize(
    "text", ["请刷新,再试。", "请刷新, 再试。", "字段“名称”:不能为空", "请刷新(重试)即可", "找不到该记录."]
)
def test_ascii_punctuation_is_seen(text: str) -> None:
    assert BETWEEN.search(text) or LAST.search(text)


@pytest.mark.parametrize(
    "text", ["请写成 1,234.50，不要多于两位。", "请选择 csv 或 xlsx。", "共 {count} 行（含空行）。"]
)
def test_numbers_and_names_are_no_sentence(text: str) -> None:
    assert not BETWEEN.search(text)
    assert not LAST.search(text)


@EVERY
def test_the_guide_tells_every_code(refusal: type[Refusal]) -> None:
    row = next((line for line in GUIDE.splitlines() if line.startswith(f"| `{refusal.code}` | ")), "")
    assert row, "run yunfan schema"
    assert str(refusal.status or refusal.kind.http_status) in row.split("|")[2]
    assert row.count("<br>") == 2
    for text in (refusal.zh, refusal.en, refusal.remedy_zh, refusal.remedy_en):
        assert PLACE.fullmatch(text) or text.replace("<", "&lt;") in row


def test_the_guide_tells_every_problem_of_a_file_and_no_code_that_is_not() -> None:
    table = GUIDE.partition("<!-- codes: begin -->")[2]
    told = re.findall(r"^\| `([A-Z_0-9]+)` \|", table, re.MULTILINE)
    assert sorted(told) == sorted([*(r.code for r in REFUSALS), *FILE_PROBLEMS, *CELL_PROBLEMS])


def test_a_code_that_the_guides_name_is_one() -> None:
    """`LIKE_THIS` with an underscore stands in the code: a refusal, a setting, the reason of a closed socket."""
    folders = (*FOLDERS, "infra", "docs")
    sources = "\n".join(p.read_text(encoding="utf-8") for folder in folders for p in (ROOT / folder).rglob("*.py"))
    guides = [path for folder in folders for path in (ROOT / folder).rglob("*.md")]
    for path in (*ROOT.glob("README*.md"), *guides):
        for name in re.findall(r"`([A-Z]{2,}(?:_[A-Z0-9]+)+)`", path.read_text(encoding="utf-8")):
            assert f'"{name}"' in sources, f"{path.relative_to(ROOT)}: {name}"


def test_a_guide_without_its_markers_is_refused() -> None:
    for part in ("operations", "codes"):
        with pytest.raises(ValueError, match=part):
            guide_with(GUIDE.replace(f"<!-- {part}: end -->", ""), REFUSALS)
    assert guide_with(guide_with(GUIDE, REFUSALS), REFUSALS) == guide_with(GUIDE, REFUSALS)
