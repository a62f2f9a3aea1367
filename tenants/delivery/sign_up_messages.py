"""More of what the service writes: an invitation by text message, and a word to the owner of an address in use."""

from __future__ import annotations

from tenants.delivery.mail import Language
from tenants.delivery.messages import Message, checked_link, letter, plain


def invitation_sms(language: Language, *, tenant_name: str, link: str, hours: int) -> Message:
    """As `invitation`, in one line; `link` works once, for `hours`."""
    tenant, address = plain(tenant_name), checked_link(link)
    text = {
        "zh-CN": f"【云帆】「{tenant}」邀请您加入团队，{hours} 小时内点击链接加入：{address} 如不认识请忽略。",
        "en": f"[Yunfan] {tenant} invites you to join: {address} (once, within {hours} hours). Ignore if unknown.",
    }[language]
    subject = {"zh-CN": "加入邀请", "en": "Invitation"}[language]
    return Message(subject, text, None, language, "invitation", {"tenant": tenant, "link": address})


def address_already_used(language: Language, *, tenant_name: str, link: str, hours: int) -> Message:
    """To the owner of an address that somebody has just signed up with; `link` joins the new company to their user."""
    tenant = plain(tenant_name)
    if language == "zh-CN":
        return letter(
            language,
            "address_already_used",
            f"有人用您的邮箱开通了「{tenant}」",
            [
                "您好，",
                f"刚刚有人用这个邮箱开通了公司「{tenant}」。这个邮箱已有云帆账号，但填写的密码与它不符。",
                f"如果是您本人：点击下方按钮，新公司将并入您已有的账号，之后用原密码登录。链接 {hours} 小时内有效。",
            ],
            (link, "这是我开通的公司"),
            "如果不是您本人，请不要点击；您的账号和数据不受影响，对方也无法用您的邮箱登录。",
        )
    return letter(
        language,
        "address_already_used",
        f"Somebody signed up {tenant} with your address",
        [
            "Hello,",
            f"The company {tenant} has just been signed up with this address, which already has a user on Yunfan; "
            "the password did not match it.",
            f"If it was you, the button joins the new company to your user, within {hours} hours. "
            "Sign in with your old password afterwards.",
        ],
        (link, "This company is mine"),
        "If it was not you, do not use the button: your user and data are untouched, and nobody can sign in as you.",
    )
