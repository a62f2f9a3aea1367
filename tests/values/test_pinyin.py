"""Names are ordered and found as Chinese users expect."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from values.pinyin import (
    MAX_SORT_KEY_CHARS,
    MAX_TERM_CHARS,
    MAX_TERMS,
    code_terms,
    email_terms,
    phone_terms,
    query_term,
    search_terms,
    sort_key,
)
from values.pinyin_readings import PHRASES, POLYPHONES, SURNAMES, numbered_readings


def found(typed: str, terms: list[str]) -> bool:
    """What the database does: a prefix range over the terms."""
    term = query_term(typed)
    return bool(term) and any(each.startswith(term) for each in terms)


@pytest.mark.parametrize("text", ["", "   ", "——!?", "★☆", "_"])
def test_nothing_searchable_gives_no_terms(text: str) -> None:
    assert query_term(text) == ""
    assert search_terms(text) == []
    assert code_terms(text) == []
    assert email_terms(text) == []
    assert phone_terms(text) == []


@pytest.mark.parametrize(
    ("name", "typed"),
    [
        ("云帆科技", "张"),
        ("云帆科技", "unfan"),  # from the middle of a syllable
        ("云帆科技", "fk j i"),
        ("Acme Trading", "cme"),
    ],
)
def test_not_found(name: str, typed: str) -> None:
    assert not found(typed, search_terms(name))


def test_terms_of_a_name() -> None:
    assert search_terms("云帆科技") == [
        *["云帆科技", "帆科技", "科技", "技"],
        *["yunfankeji", "fankeji", "keji", "ji"],
        *["yfkj", "fkj", "kj"],
    ]


@pytest.mark.parametrize(
    ("name", "typed"),
    [
        ("云帆科技", "帆科"),
        ("云帆科技", "Yun Fan"),
        ("云帆科技", "ＹＦＫＪ"),
        ("重庆火锅", "chongqing"),
        ("重庆火锅", "zhongqing"),
        ("重庆火锅", "cqhg"),
        ("重庆火锅", "zqhg"),
        ("招商银行", "yinhang"),
        ("招商银行", "yinxing"),
        ("招商银行", "zsyh"),
        ("单雄信", "shan xiong xin"),
        ("单雄信", "danxiongxin"),
        ("仇英", "qiuying"),
        ("仇英", "chouying"),
        ("解晓东", "xiexiaodong"),
        ("曾国藩", "zengguofan"),
        ("查良镛", "zhaliangyong"),
        ("区志强", "ouzhiqiang"),
        ("朴树", "piaoshu"),
        ("盖聂", "genie"),
        ("尉迟恭", "yuchigong"),
        ("万俟卨", "moqi"),
        ("吕布", "lvbu"),
        ("吕布", "lubu"),
        ("吕布", "lübu"),
        ("绿城集团", "lvcheng"),
        ("绿城集团", "lucheng"),
        ("略阳县", "lveyang"),
        ("略阳县", "lueyang"),
        ("厦门大学", "xiamendaxue"),
        ("长沙曾记乐器行", "zengjiyueqihang"),
        ("长沙曾记乐器行", "zjyqh"),
        ("西藏天路", "xizangtianlu"),
        ("六安瓜片", "luan"),
        ("东阿阿胶", "dongeejiao"),
        ("Café Müller", "cafe muller"),
        ("John Smith", "smith"),
        ("John Smith", "JS"),
        ("Acme（上海）有限公司", "acme shanghai"),
        ("Acme（上海）有限公司", "上海有限"),
        ("3M 中国", "3mzg"),
        ("360安全", "360aq"[:3]),
        ("佳能ｷﾔﾉﾝ", "キヤノン"),
    ],
)
def test_found(name: str, typed: str) -> None:
    assert found(typed, search_terms(name)), search_terms(name)


def test_a_long_name_keeps_the_other_reading_of_its_distinctive_part() -> None:
    terms = search_terms("长沙市曾记乐器行股份有限公司")
    assert found("zengjiyueqi", terms)
    assert found("长沙市曾记乐器行股份有限公司", terms)
    assert found("qihanggufen", terms) or found("qixinggufen", terms)
    assert not found("gufenyouxian", terms), "nobody looks for a legal form"


@given(st.text(max_size=200))
def test_terms_are_bounded_and_distinct_and_find_the_whole_name(text: str) -> None:
    for terms in (search_terms(text), phone_terms(text), email_terms(text), code_terms(text)):
        assert len(terms) <= MAX_TERMS
        assert all(0 < len(term) <= MAX_TERM_CHARS for term in terms)
        assert len(set(terms)) == len(terms)
    if len(query_term(text)) < MAX_TERM_CHARS and query_term(text):
        assert found(text, search_terms(text))


@given(st.text(alphabet="重行长乐单曾都会厦解仇查区云帆公司有限", min_size=1, max_size=60))
def test_terms_of_many_polyphones_are_bounded(text: str) -> None:
    assert len(search_terms(text)) <= MAX_TERMS


def test_order_of_names() -> None:
    expected = ["9", "10", "abc", "重庆", "李四", "李五", "王五", "西安", "先锋", "曾国藩", "张三"]
    backwards = list(reversed(expected))
    assert sorted(backwards, key=sort_key) == expected


@pytest.mark.parametrize(
    ("smaller", "greater"),
    [
        ("第2分公司", "第10分公司"),
        ("A007", "a10"),
        ("abc", "ABD"),
        ("李", "李四"),
        ("李四", "里三"),  # all 李 stand together, before the other li of the same tone by code point
        ("张", "章"),
        ("李", "丽"),  # third tone before fourth
        ("卢", "吕"),  # lu before lü
        ("bai", "百度"),
        ("赵", "カナ"),
        ("", "a"),
    ],
)
def test_order_of_two(smaller: str, greater: str) -> None:
    assert sort_key(smaller) < sort_key(greater)


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("李", "li3674e"),
        ("重庆 A10", "chong291cd qing45e86 a 0210"),
        ("银行", "yin294f6 hang2884c"),
        ("单雄", "shan45355 xiong296c4"),
        ("单价表格一", "dan15355 jia44ef7 biao38868 ge2683c yi14e00"),
        ("é", "e"),
        ("吕", "lv35415"),
        ("カ", "~030ab"),
        ("-", ""),
    ],
)
def test_sort_key_follows_the_written_rule(text: str, key: str) -> None:
    assert sort_key(text) == key


@given(st.text(max_size=100))
def test_sort_key_is_short_ascii_and_blind_to_case(text: str) -> None:
    key = sort_key(text)
    assert key.isascii()
    assert key.isprintable()
    assert len(key) <= MAX_SORT_KEY_CHARS
    assert sort_key(text.strip()) == key


def test_tables_agree_with_the_character_table() -> None:
    unknown = set()
    for character, readings in POLYPHONES.items():
        known = {reading[:-1] for reading in numbered_readings(character)}
        known |= {reading.replace("v", "u") for reading in known}
        unknown |= {(character, reading) for reading in readings if reading not in known}
    for word, syllables in PHRASES.items():
        assert len(word) == len(syllables), word
        for character, syllable in zip(word, syllables, strict=True):
            if syllable not in {reading[:-1] for reading in numbered_readings(character)}:
                unknown.add((word, syllable))
    for character, syllable in SURNAMES.items():
        if syllable not in {reading[:-1] for reading in numbered_readings(character)}:
            unknown.add((character, syllable))
    assert unknown == set()


@pytest.mark.parametrize(
    "typed", ["13800001234", "+86 138-0000-1234", "138 0000", "00001234", "1234", "0086 13800001234"[4:], "８６１３８"]
)
@pytest.mark.parametrize("stored", ["13800001234", "+86 138-0000-1234", "0086-138 0000 1234", "１３８００００１２３４"])
def test_phone_found(stored: str, typed: str) -> None:
    assert found(typed, phone_terms(stored))


@pytest.mark.parametrize("typed", ["0571-88001234", "057188001234", "0571-8800", "0571", "88001234"])
@pytest.mark.parametrize("stored", ["+8657188001234", "0571-88001234", "+86 571 8800 1234"])
def test_landline_found_as_people_write_it(stored: str, typed: str) -> None:
    assert found(typed, phone_terms(stored))


def test_beijing_and_mobiles() -> None:
    assert found("010-8888", phone_terms("+861088886666"))
    assert not found("013800001234", phone_terms("+8613800001234"))


def test_phone_with_extension() -> None:
    terms = phone_terms("010-8888 6666 转 801")
    assert found("6666", terms)
    assert found("88886666", terms)
    assert found("01088886666", terms)
    assert found("88886666801", terms)
    assert not found("999", terms)


def test_phone_never_by_fewer_than_its_last_four() -> None:
    assert min(map(len, phone_terms("13800001234"))) == 4
    assert phone_terms("110") == ["110"]


@pytest.mark.parametrize("typed", ["Zhang.San@Example.com", "zhang.san", "san", "@example.com", "example", "com"])
def test_email_found(typed: str) -> None:
    assert found(typed, email_terms("zhang.san@example.COM"))


@pytest.mark.parametrize("typed", ["KH-2024-001", "kh2024001", "2024-001", "001", "kh 2024"])
def test_code_found(typed: str) -> None:
    assert found(typed, code_terms("KH-2024-001"))
