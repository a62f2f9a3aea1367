import inspect
import re
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from html.parser import HTMLParser

import pytest

from tenants.delivery import messages, sign_up_messages
from tenants.delivery.mail import Language, MailRefused
from tenants.delivery.messages import Message
from tenants.delivery.sms import SmsRefused

LINK = "https://yunfan.example/join?token=yf_inv_abc&x=1"
AT = datetime(2026, 3, 2, 17, 5, tzinfo=timezone(timedelta(hours=8)))

LETTERS: dict[str, Callable[[Language, str, str], Message]] = {
    "invitation": lambda lang, name, link: messages.invitation(
        lang, tenant_name=name, inviter=name, link=link, hours=72
    ),
    "email_verification": lambda lang, _, link: messages.email_verification(lang, link=link, hours=24),
    "password_reset": lambda lang, _, link: messages.password_reset(lang, link=link, hours=1),
    "trial_ended": lambda lang, name, link: messages.trial_ended(lang, tenant_name=name, link=link),
    "new_device_sign_in": lambda lang, name, link: messages.new_device_sign_in(
        lang, device=name, address="203.0.113.7", at=AT, link=link
    ),
    "address_already_used": lambda lang, _, link: sign_up_messages.address_already_used(lang, link=link),
}
NAMED = ["invitation", "trial_ended", "new_device_sign_in"]
LANGUAGES: list[Language] = ["zh-CN", "en"]


class Tags(HTMLParser):
    def __init__(self, html: str) -> None:
        super().__init__()
        self.names: list[str] = []
        self.links: list[str] = []
        self.words = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.append(tag)
        self.links += [value or "" for name, value in attrs if name in ("href", "src")]

    def handle_data(self, data: str) -> None:
        self.words += data + "\n"


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("template", LETTERS)
@pytest.mark.parametrize(
    "link", ["", "/join", "javascript:alert(1)", "https://", 'https://a.cn/"><b>', "https://a.cn/\nx", "ftp://a"]
)
def test_links_that_are_none_are_refused(template: str, language: Language, link: str) -> None:
    with pytest.raises(ValueError):
        LETTERS[template](language, "海港贸易", link)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("template", NAMED)
@pytest.mark.parametrize(
    "name",
    ["<script>alert(1)</script>", "A\r\nBcc: x@y.cn", "领红包 http://evil.example 点击", "evil.example", "x" * 900,
     "\u202eevil\u2066", '" onload="x', "a@evil.example", "", "\u2028\0"],
)  # fmt: skip
def test_a_hostile_name_stays_a_name(template: str, language: Language, name: str) -> None:
    message = LETTERS[template](language, name, LINK)
    mail = message.mail("lina@harbour.example")
    assert mail.html is not None
    honest = Tags(LETTERS[template](language, "海港贸易", LINK).html or "")
    hostile = Tags(mail.html)
    assert hostile.names == honest.names
    assert hostile.links == honest.links == [LINK]
    for shown in (mail.text, hostile.words, mail.subject):
        assert "evil.example" not in shown
        assert "http://" not in shown
        assert not any(char in shown for char in "\u202e\u2066\u2028\0\r")
        assert "x" * 61 not in shown
    assert mail.text.count("\n") == LETTERS[template](language, "海港贸易", LINK).text.count("\n")


@pytest.mark.parametrize("template", LETTERS)
def test_letters_speak_one_language_and_carry_the_link_in_both_forms(template: str) -> None:
    chinese, english = LETTERS[template]("zh-CN", "Harbour", LINK), LETTERS[template]("en", "Harbour", LINK)
    for message, language in ((chinese, "zh-CN"), (english, "en")):
        assert message.language == language
        assert message.mail("a@b.cn").language == language
        assert message.template == template
        assert LINK in message.text
        assert message.html is not None
        assert f'lang="{language}"' in message.html
        assert LINK in Tags(message.html).words
        assert message.text not in repr(message)
        assert "yf_inv_abc" not in repr(message)
    assert any("\u4e00" <= char <= "\u9fff" for char in chinese.subject)
    assert not any("\u3000" <= char <= "\u9fff" or char >= "\uff00" for char in english.text + english.subject)


def test_a_letter_is_no_text_message_and_a_wrong_address_is_refused() -> None:
    letter = LETTERS["trial_ended"]("zh-CN", "海港贸易", LINK)
    with pytest.raises(SmsRefused):
        letter.sms("+8613800138000")
    with pytest.raises(MailRefused):
        letter.mail("a@b.cn\r\nBcc: x@y.cn")


def test_the_code_fits_one_text_message_and_says_how_long_it_lives() -> None:
    chinese, english = sms("zh-CN"), sms("en")
    assert chinese.text.startswith("【云帆】您的验证码是 042137，5 分钟内有效")
    assert len(chinese.text) <= 70  # one part in UCS-2
    assert len(english.text) <= 160
    assert english.text.isascii()
    assert chinese.parameters == {"code": "042137", "minutes": "5"}


def sms(language: Language) -> Message:
    return messages.sms_code(language, code="042137", minutes=5)


def test_times_and_numbers_read_as_people_write_them() -> None:
    assert "3 天内有效" in LETTERS["invitation"]("zh-CN", "海港", LINK).text
    assert "within 3 days" in LETTERS["invitation"]("en", "Harbour", LINK).text
    assert "within 1 hour." in LETTERS["password_reset"]("en", "", LINK).text
    assert "1 小时内有效" in LETTERS["password_reset"]("zh-CN", "", LINK).text
    assert "2026-03-02 17:05（UTC+08:00）" in LETTERS["new_device_sign_in"]("zh-CN", "Chrome", LINK).text
    assert "2026-03-02 17:05 (UTC+08:00)" in LETTERS["new_device_sign_in"]("en", "Chrome", LINK).text
    with pytest.raises(ValueError, match="time zone"):
        messages.new_device_sign_in("en", device="d", address="a", at=AT.replace(tzinfo=None), link=LINK)


def test_company_names_with_dots_stay_readable() -> None:
    assert "Harbour Co., Ltd." in messages.trial_ended("en", tenant_name="Harbour Co., Ltd.", link=LINK).subject


def test_every_message_that_the_product_writes_is_looked_at_here() -> None:
    written = {
        name
        for module in (messages, sign_up_messages)
        for name, found in vars(module).items()
        if inspect.isfunction(found) and found.__module__ == module.__name__ and name not in ("letter", "plain")
        if not name.startswith("_") and found.__annotations__.get("return") == "Message"
    }
    assert written == {*LETTERS, "sms_code", "invitation_sms"}


def test_an_invitation_by_text_names_company_time_and_link() -> None:
    chinese = sign_up_messages.invitation_sms("zh-CN", tenant_name="海港贸易", link=LINK, hours=72)
    english = sign_up_messages.invitation_sms("en", tenant_name="Harbour", link=LINK, hours=72)
    assert (
        chinese.text == f"【云帆】「海港贸易」邀请您加入团队，请在 72 小时内打开链接加入：{LINK} 如不认识对方，请忽略。"
    )
    assert english.text.isascii()
    for message in (chinese, english):
        assert message.html is None
        assert message.text.count(LINK) == 1
        assert "\n" not in message.text
        assert "yf_inv_abc" not in repr(message)
    with pytest.raises(ValueError, match="link"):
        sign_up_messages.invitation_sms("zh-CN", tenant_name="海港贸易", link="javascript:alert(1)", hours=72)


CHINESE = [
    *(write("zh-CN", "海港贸易", LINK) for write in LETTERS.values()),
    messages.sms_code("zh-CN", code="042137", minutes=5),
    sign_up_messages.invitation_sms("zh-CN", tenant_name="海港贸易", link=LINK, hours=72),
]


@pytest.mark.parametrize("message", CHINESE, ids=lambda message: f"{message.template}-{message.html is not None}")
def test_chinese_reads_as_chinese_is_written(message: Message) -> None:
    told = f"{message.subject}\n{message.text}".replace(LINK, "X")
    assert not re.search('[\u4e00-\u9fff][,;:!?()"]|[,;!?()"][\u4e00-\u9fff]', told), "half-width punctuation"
    assert not re.search("[\u4e00-\u9fff][0-9A-Za-z]|[0-9A-Za-z][\u4e00-\u9fff]", told), "no space beside Latin"
    assert not re.search("[\u4e00-\u9fff] [\u4e00-\u9fff]", told), "a space between characters"
    # One word for one thing, and one way to address people.
    for wrong in ("重置", "帐号", "帐户", "账户", "登陆", "你", "邮件地址", "点击这里"):
        assert wrong not in told
    assert "您" in told or message.template.startswith("trial_")


def test_a_name_in_latin_letters_keeps_its_space() -> None:
    def subject(name: str) -> str:
        return messages.invitation("zh-CN", tenant_name="海港贸易", inviter=name, link=LINK, hours=72).subject

    assert subject("陈总") == "陈总邀请您加入「海港贸易」"
    assert subject("Lina") == "Lina 邀请您加入「海港贸易」"
