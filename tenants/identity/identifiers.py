"""What a person signs in with, in the one spelling that is stored and looked up."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import Final, Literal

import email_validator
import phonenumbers
from phonenumbers import NumberParseException, PhoneNumberType

IdentifierCode = Literal[
    "phone_invalid", "phone_not_mobile", "email_invalid", "org_code_invalid", "org_account_invalid"
]

_MOBILE_TYPES: Final = {PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE_OR_MOBILE}
_ORG_CODE: Final = re.compile(r"[0-9a-z]{4,20}")
# ASCII letters and Han only: look-alikes of other scripts (Cyrillic а) would make two accounts that read the same.
_ORG_ACCOUNT: Final = re.compile(r"[0-9a-z\u3400-\u4dbf\u4e00-\u9fff](?:[0-9a-z\u3400-\u4dbf\u4e00-\u9fff._-]{0,31})")

_SENTENCES: Final[dict[IdentifierCode, tuple[str, str]]] = {
    "phone_invalid": (
        "手机号格式不正确，请核对；境外号码请带国家区号，如 +85291234567。",
        "To use a phone number you must give a valid one; from abroad with its country code, like +85291234567.",
    ),
    "phone_not_mobile": (
        "这是固定电话号码，无法接收短信，请填写手机号。",
        "To receive messages you must give a mobile number; this is a landline.",
    ),
    "email_invalid": ("邮箱格式不正确，请核对。", "To use an e-mail address you must give a valid one."),
    "org_code_invalid": (
        "组织号由 4 至 20 位字母或数字组成，可向管理员确认。",
        "To sign in you must give the organisation number, 4 to 20 letters or digits; your admin knows it.",
    ),
    "org_account_invalid": (
        "登录账号由 1 至 32 位字母、数字、汉字或 . _ - 组成，且不能以符号开头。",
        "To name a sign-in you must use 1 to 32 letters, digits, Chinese characters or . _ - and not begin with one.",
    ),
}


class IdentifierInvalid(ValueError):
    """An identifier that cannot be used. Carries `code` and the sentence in both languages, never the identifier."""

    def __init__(self, code: IdentifierCode) -> None:
        self.code: IdentifierCode = code
        self.zh, self.en = _SENTENCES[code]
        super().__init__(self.en)


@dataclass(frozen=True, slots=True)
class OrgLogin:
    """组织号 and the account an admin made in that tenant, both lower-case."""

    org_code: str
    account: str


def normalise_phone(text: str, default_region: str = "CN", *, mobile_only: bool = True) -> str:
    """The number in E.164 (`+8613800138000`). Spaces, dashes, full-width digits, `0086` and `+86` are understood.

    Raises IdentifierInvalid (phone_invalid, phone_not_mobile). Where a country does not tell mobile from fixed
    numbers (North America), both pass.
    """
    cleaned = _clean(text)
    if not cleaned or len(cleaned) > 40 or any(char.isalpha() for char in cleaned):
        raise IdentifierInvalid("phone_invalid")
    try:
        number = phonenumbers.parse(cleaned, default_region)
    except NumberParseException:
        raise IdentifierInvalid("phone_invalid") from None
    if number.extension or not phonenumbers.is_valid_number(number):
        raise IdentifierInvalid("phone_invalid")
    if mobile_only and phonenumbers.number_type(number) not in _MOBILE_TYPES:
        raise IdentifierInvalid("phone_not_mobile")
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def normalise_email(text: str) -> str:
    """The address in lower-case ASCII, an international domain as punycode, at most 254 characters. No DNS is asked.

    The local part must be ASCII: every SMTP server can deliver it, and no look-alike letters make a second address.
    Dots and +tags are kept, since only some providers ignore them. Raises IdentifierInvalid (email_invalid).
    """
    cleaned = _clean(text)
    if len(cleaned) > 254:
        raise IdentifierInvalid("email_invalid")
    try:
        checked = email_validator.validate_email(
            cleaned, check_deliverability=False, allow_smtputf8=False, allow_quoted_local=False, strict=True
        )
    except email_validator.EmailNotValidError:
        raise IdentifierInvalid("email_invalid") from None
    if checked.ascii_email is None:
        raise IdentifierInvalid("email_invalid")
    return checked.ascii_email.lower()


def normalise_org_login(org_code: str, account: str) -> OrgLogin:
    """Both parts trimmed, NFKC and lower-case. Raises IdentifierInvalid (org_code_invalid, org_account_invalid)."""
    code, name = _clean(org_code).lower(), _clean(account).lower()
    if not _ORG_CODE.fullmatch(code):
        raise IdentifierInvalid("org_code_invalid")
    if not _ORG_ACCOUNT.fullmatch(name):
        raise IdentifierInvalid("org_account_invalid")
    return OrgLogin(code, name)


def _clean(text: str) -> str:
    # Cut first: normalising is work, and no identifier is that long.
    return unicodedata.normalize("NFKC", text[:400]).strip()
