"""More of what the service writes: an invitation by text message, and a word to the owner of an address in use."""

from __future__ import annotations

from tenants.delivery.mail import Language
from tenants.delivery.messages import Message, checked_link, letter, plain


def invitation_sms(language: Language, *, tenant_name: str, link: str, hours: int) -> Message:
    """As `invitation`, in one line; `link` works once, for `hours`."""
    tenant, address = plain(tenant_name), checked_link(link)
    text = {
        "zh-CN": (
            f"【云帆】「{tenant}」邀请您加入团队，请在 {hours} 小时内打开链接加入：{address} 如不认识对方，请忽略。"
        ),
        "en": f"[Yunfan] {tenant} invites you to join: {address} (once, within {hours} hours). Ignore if unknown.",
    }[language]
    subject = {"zh-CN": "加入邀请", "en": "Invitation"}[language]
    return Message(subject, text, None, language, "invitation", {"tenant": tenant, "link": address})


def address_already_used(language: Language, *, link: str) -> Message:
    """To the owner of an address that somebody tried to sign up with; `link` leads to resetting the password."""
    if language == "zh-CN":
        return letter(
            language,
            "address_already_used",
            "有人尝试用您的邮箱注册云帆",
            [
                "您好，",
                "刚刚有人用这个邮箱注册公司，但填写的密码与您的账号不符，注册没有成功。",
                "如果是您本人：请用原密码登录，或点击下方按钮重设密码，之后再注册新公司。",
            ],
            (link, "重设密码"),
            "如果不是您本人，无需处理：您的账号和数据不受影响。",
        )
    return letter(
        language,
        "address_already_used",
        "Somebody tried to sign up with your address",
        [
            "Hello,",
            "Somebody has just tried to sign a company up with this address, which already has a user on Yunfan; "
            "the password did not match, and nothing was signed up.",
            "If it was you, sign in with your password or reset it with the button, then sign up the new company.",
        ],
        (link, "Reset the password"),
        "If it was not you, there is nothing to do: your user and data are untouched.",
    )
