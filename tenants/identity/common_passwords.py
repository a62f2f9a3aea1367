"""The words people build guessable passwords from, and how much of a password is left without them.

Sources: the top of the public frequency lists (SecLists "10k-most-common"; the CSDN, 7k7k and 12306 leaks for China).
Checking against whole passwords would miss `woaini1314!` or `qwer1234asdf`, so words are matched as building blocks.
"""

from __future__ import annotations

from functools import cache
from typing import Final

_WORDS: Final = """
000000 111111 112233 121212 123123 123321 123456 123654 131313 147258 159357 147852 159753 222222 232323 258369
321321 333333 456123 456789 520520 521521 555555 654321 666666 696969 741852 753951 777777 789456 888888 963852 987654
999999 1314 520 521 5201314 1314520 1314521 7758521 7758258 10086 12306 110 119 120 168 518 588 668 688 886 888 666 999
123 1234 12345 321 4321 007 00 11 88 99
aini woaini woaiwojia woaini1314 iloveyou ilove love loveyou lover wodemima mima mimashi buzhidao caonima nihao zhongguo
beijing shanghai guangzhou shenzhen china wangyi baidu taobao alipay weixin wechat qq qqqq tencent laoban gongsi caiwu
kuaiji xiaoshou cangku facai dafa gongxi wanshiruyi yunfan
a123456 a123456789 qwer qwe asd zxc qaz wsx edc qazwsx qwert qwerty qwertyuiop asdf asdfg asdfgh asdfghjkl zxcv zxcvb
zxcvbn zxcvbnm 1qaz 2wsx 3edc 4rfv 1qaz2wsx 1q2w3e 1q2w3e4r 1q2w3e4r5t q1w2e3 q1w2e3r4 q1w2e3r4t5 zaq1 xsw2 poiuy
qweasd qweasdzxc aaa aaaa aa bbb abc abcd abcde abcdef abc123 abcd1234 aa123456 a1b2c3 a1b2c3d4 xxx xyz
password passw0rd p@ssw0rd p@ssword pa55word passwd pass word passwort admin administrator adm1n root toor guest user
test tester testing demo temp temporary default login signin access secret system manager master server oracle mysql
postgres redis changeme change letmein welcome hello hunter monkey dragon sunshine princess football baseball superman
batman shadow michael jordan jesus trustno1 freedom whatever starwars pokemon computer internet google facebook
summer winter spring autumn monday january company office business erp crm sap
我爱你 你好 密码 中国 公司 老板 爱你 一生一世 财务 恭喜发财 万事如意
"""

_KEYBOARD_ROWS: Final = (
    "01234567890",
    "abcdefghijklmnopqrstuvwxyz",
    "qwertyuiop",
    "asdfghjkl",
    "zxcvbnm",
    "!@#$%^&*()_+",
)
_LONGEST_BLOCK: Final = 24


@cache
def _blocks() -> frozenset[str]:
    runs = set[str]()
    for row in _KEYBOARD_ROWS:
        for line in (row, row[::-1]):
            for start in range(len(line)):
                runs.update(line[start:end] for end in range(start + 3, len(line) + 1))
    years = {str(year) for year in range(1940, 2060)}
    return frozenset(_WORDS.split()) | runs | years


def unpredictable_characters(text: str) -> int:
    """How many characters (case-folded text) stay uncovered under the best tiling with known words, runs, repetitions.

    0 for `woaini1314`, 1 for `qwer1234!`, the full length for random text. Time: at most 24 look-ups a character.
    """
    blocks = _blocks()
    left = [0] * (len(text) + 1)
    for end in range(1, len(text) + 1):
        left[end] = left[end - 1] + 1
        for start in range(max(0, end - _LONGEST_BLOCK), end - 1):
            if left[start] < left[end]:
                piece = text[start:end]
                if piece in blocks or (len(piece) >= 3 and len(set(piece)) == 1) or _repeats_before(text, start, end):
                    left[end] = left[start]
    return left[len(text)]


def _repeats_before(text: str, start: int, end: int) -> bool:
    """A piece of three or more that stands right before itself adds nothing: `xk7xk7xk7`."""
    length = end - start
    return length >= 3 and start >= length and text[start - length : start] == text[start:end]
