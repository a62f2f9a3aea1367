"""What the service writes to people, in Chinese and English. Texts only; sending is the senders' business.

Every value that a stranger may have typed (company, inviter, device) passes through `plain`: an invitation must not
carry someone's advertising link to any inbox in our name.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field
from datetime import datetime
from html import escape
from typing import Final
from urllib.parse import urlsplit

from tenants.delivery.mail import Language, Mail
from tenants.delivery.sms import Sms

_LONGEST_NAME: Final = 60
_SIGNATURE: Final[dict[Language, str]] = {
    "zh-CN": "云帆 · 本邮件由系统自动发送，请勿直接回复。",
    "en": "Yunfan · This message was sent automatically; replies are not read.",
}
_OPEN_LABEL: Final[dict[Language, str]] = {
    "zh-CN": "如果按钮无法点击，请将以下地址复制到浏览器打开：",
    "en": "If the button does not work, copy this address into your browser:",
}


@dataclass(frozen=True, slots=True)
class Message:
    """Subject, plain text, minimal HTML (None for text messages). Texts hold secrets: repr hides them."""

    subject: str
    text: str = field(repr=False)
    html: str | None = field(repr=False)
    language: Language
    template: str
    parameters: dict[str, str] = field(repr=False, default_factory=dict)

    def mail(self, to: str) -> Mail:
        """Addressed as e-mail. Raises MailRefused."""
        return Mail(to=to, subject=self.subject, text=self.text, html=self.html, language=self.language)

    def sms(self, to: str) -> Sms:
        """Addressed as text message to an E.164 number; only for messages of one line. Raises SmsRefused."""
        return Sms(to=to, text=self.text, template=self.template, parameters=self.parameters)


def sms_code(language: Language, *, code: str, minutes: int) -> Message:
    """The 6-digit code for signing in or confirming a phone number."""
    text = {
        "zh-CN": f"【云帆】您的验证码是 {code}，{minutes} 分钟内有效。请勿泄露给他人，云帆工作人员不会向您索要。",
        "en": f"[Yunfan] Your code is {code}, valid for {_count(minutes, 'minute')}. Share it with nobody.",
    }[language]
    subject = {"zh-CN": "验证码", "en": "Your code"}[language]
    return Message(subject, text, None, language, "sms_code", {"code": code, "minutes": str(minutes)})


def invitation(language: Language, *, tenant_name: str, inviter: str, link: str, hours: int) -> Message:
    """To somebody whom a member invites; `link` works once, for `hours`."""
    tenant, person = plain(tenant_name), plain(inviter)
    if language == "zh-CN":
        return letter(
            language,
            "invitation",
            f"{_zh_name(person)}邀请您加入「{tenant}」",
            [
                "您好，",
                f"{_zh_name(person)}邀请您加入「{tenant}」在云帆的团队，一起管理客户和业务。",
                f"请打开下方链接设置登录方式并加入。链接 {_zh_hours(hours)}内有效，仅可使用一次。",
            ],
            (link, "接受邀请"),
            "如果您不认识邀请人，忽略本邮件即可，不会有任何影响。",
        )
    return letter(
        language,
        "invitation",
        f"{person} invites you to join {tenant}",
        [
            "Hello,",
            f"{person} invites you to join the team of {tenant} on Yunfan, where they run customers and business.",
            f"Use the button to set up your sign-in. The link works once, within {_en_hours(hours)}.",
        ],
        (link, "Accept the invitation"),
        "If you do not know this person, ignore this message and nothing will happen.",
    )


def email_verification(language: Language, *, link: str, hours: int) -> Message:
    """Proves that an address is the person's own."""
    if language == "zh-CN":
        return letter(
            language,
            "email_verification",
            "请验证您的邮箱",
            ["您好，", f"请打开下方链接验证邮箱，验证后即可用它登录和接收通知。链接 {_zh_hours(hours)}内有效。"],
            (link, "验证邮箱"),
            "如果您没有注册过云帆，忽略本邮件即可。",
        )
    return letter(
        language,
        "email_verification",
        "Verify your e-mail address",
        ["Hello,", f"Use the button to verify your address for signing in and for notices, within {_en_hours(hours)}."],
        (link, "Verify the address"),
        "If you have not signed up for Yunfan, ignore this message.",
    )


def password_reset(language: Language, *, link: str, hours: int) -> Message:
    """To a person who asked for a new password; never says whether anything else is known of them."""
    if language == "zh-CN":
        return letter(
            language,
            "password_reset",
            "重设您的登录密码",
            [
                "您好，",
                f"我们收到了重设密码的请求。请打开下方链接设置新密码，链接 {_zh_hours(hours)}内有效，仅可使用一次。",
                "重设成功后，您在所有设备上的登录都会退出，需要用新密码重新登录。",
            ],
            (link, "设置新密码"),
            "如果不是您本人操作，请忽略本邮件，原密码仍然有效；如频繁收到，请联系贵公司的管理员。",
        )
    return letter(
        language,
        "password_reset",
        "Reset your password",
        [
            "Hello,",
            f"We were asked to reset your password. Use the button to set a new one, once, within {_en_hours(hours)}.",
            "Afterwards you are signed out on all devices and sign in with the new password.",
        ],
        (link, "Set a new password"),
        "If it was not you, ignore this message: your password stays as it is. If it happens often, tell your admin.",
    )


def trial_ended(language: Language, *, tenant_name: str, link: str) -> Message:
    """To the tenant's admins when the trial has ended and the tenant is read-only."""
    tenant = plain(tenant_name)
    if language == "zh-CN":
        return letter(
            language,
            "trial_ended",
            f"「{tenant}」的试用已结束，数据仍在",
            [
                "您好，",
                f"「{tenant}」的免费试用已结束，现在处于只读状态。数据完整保留，您可以随时查看和导出。",
                "订阅后立即恢复录入。试用期内在离线设备上做的修改，请尽快联网同步。",
            ],
            (link, "立即订阅"),
            "如暂不需要，无需任何操作，也不会产生费用。",
        )
    return letter(
        language,
        "trial_ended",
        f"The trial of {tenant} has ended; your data is safe",
        [
            "Hello,",
            f"The free trial of {tenant} has ended and it is now read-only. You can see and export all data.",
            "Subscribe to work on at once. Devices with changes made offline during the trial should connect soon.",
        ],
        (link, "Subscribe"),
        "If you do not need it now, do nothing; there is no charge.",
    )


def new_device_sign_in(language: Language, *, device: str, address: str, at: datetime, link: str) -> Message:
    """After a sign-in from an unknown device. `at`: aware, in the reader's zone; `link` leads to their own sessions."""
    if at.tzinfo is None:
        raise ValueError("`at` must be an instant with a time zone.")
    offset = at.strftime("%z")
    when = f"{at:%Y-%m-%d %H:%M}（UTC{offset[:3]}:{offset[3:5]}）"
    name, place = plain(device), plain(address)
    if language == "zh-CN":
        return letter(
            language,
            "new_device_sign_in",
            "您的云帆账号在新设备上登录",
            ["您好，", "您的账号刚刚在一台新设备上登录：", f"时间：{when}", f"设备：{name}", f"IP 地址：{place}"],
            (link, "查看我的登录设备"),
            "如果是您本人操作，无需处理；如果不是，请立即让该设备退出登录，并修改密码。",
        )
    when = when.replace("（", " (").replace("）", ")")
    return letter(
        language,
        "new_device_sign_in",
        "Your Yunfan sign-in was used on a new device",
        ["Hello,", "You have just been signed in on a new device:", f"Time: {when}", f"Device: {name}", f"IP: {place}"],
        (link, "See my devices"),
        "If it was you, there is nothing to do. If not, sign that device out and change your password now.",
    )


def letter(
    language: Language, template: str, subject: str, lines: list[str], button: tuple[str, str], closing: str
) -> Message:
    """The same content as text and as HTML, which every mail program shows without remote content."""
    link, label = checked_link(button[0]), button[1]
    text = "\n\n".join([*lines, f"{label}：{link}" if language == "zh-CN" else f"{label}: {link}", closing])
    href = escape(link, quote=True)
    body = "".join(f"<p>{escape(line)}</p>" for line in lines)
    html = (
        f'<!doctype html><html lang="{language}"><head><meta charset="utf-8"><title>{escape(subject)}</title></head>'
        "<body style=\"font:16px/1.6 system-ui,'PingFang SC','Microsoft YaHei',sans-serif;color:#1f2329\">"
        f"{body}"
        f'<p><a href="{href}" style="display:inline-block;padding:10px 20px;border-radius:6px;background:#1456f0;'
        f'color:#fff;text-decoration:none">{escape(label)}</a></p>'
        f'<p style="color:#646a73;font-size:13px">{escape(_OPEN_LABEL[language])}<br>{href}</p>'
        f"<p>{escape(closing)}</p>"
        f'<p style="color:#8f959e;font-size:12px">{escape(_SIGNATURE[language])}</p></body></html>'
    )
    return Message(subject, f"{text}\n\n-- \n{_SIGNATURE[language]}\n", html, language, template)


def plain(name: str) -> str:
    """A name on one line, at most 60 characters, without control or direction marks or anything that gets linked."""
    visible = "".join(" " if unicodedata.category(char)[0] in "CZ" else char for char in name[:400])
    text = " ".join(visible.split())
    if len(text) > _LONGEST_NAME:
        text = text[: _LONGEST_NAME - 1] + "…"
    # Mail programs turn `shop.example` and `http://…` into links; a full-width dot and colon are never linked.
    return re.sub(r"(?<=\w)\.(?=[^\W\d])", "．", text.replace("://", "：//")).replace("@", "＠") or "—"


def checked_link(link: str) -> str:
    """The link unchanged. Raises ValueError unless it is an absolute http(s) address in ASCII."""
    parts = urlsplit(link)
    if (
        parts.scheme not in ("https", "http")
        or not parts.hostname
        or not re.fullmatch(r"[!-~]+", link)
        or re.search(r"[\"<>\\^`{|}]", link)
    ):
        raise ValueError("A link in a message is an absolute http(s) address in ASCII.")
    return link


def _zh_name(name: str) -> str:
    """Chinese names stand without a space before the verb, others with one."""
    return name if "\u4e00" <= name[-1] <= "\u9fff" else f"{name} "


def _zh_hours(hours: int) -> str:
    return f"{hours // 24} 天" if hours >= 48 and hours % 24 == 0 else f"{hours} 小时"


def _en_hours(hours: int) -> str:
    return _count(hours // 24, "day") if hours >= 48 and hours % 24 == 0 else _count(hours, "hour")


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
