import pytest

from tenants.identity.identifiers import (
    IdentifierInvalid,
    OrgLogin,
    normalise_email,
    normalise_org_login,
    normalise_phone,
)


@pytest.mark.parametrize(
    "text",
    ["", " ", "12345", "1380013800", "138001380000", "23800138000", "+86", "abc", "1380013800a", "13800138000 ext 5",
     "+999123456789", "1" * 5000, "13800138000;phone-context=+86", "１３８", "\ud800"],
)  # fmt: skip
def test_phones_that_are_none_are_refused(text: str) -> None:
    with pytest.raises(IdentifierInvalid) as refused:
        normalise_phone(text)
    assert refused.value.code == "phone_invalid"
    assert str(refused.value) == IdentifierInvalid("phone_invalid").en  # the same for all: never what was typed


def test_a_landline_is_refused_unless_asked_for() -> None:
    with pytest.raises(IdentifierInvalid) as refused:
        normalise_phone("010-62781234")
    assert refused.value.code == "phone_not_mobile"
    assert normalise_phone("010-62781234", mobile_only=False) == "+861062781234"


@pytest.mark.parametrize(
    "text",
    [
        "13800138000",
        " 138 0013 8000 ",
        "138-0013-8000",
        "+86 138 0013 8000",
        "0086 13800138000",
        "＋８６１３８００１３８０００",
    ],
)
def test_a_mobile_number_has_one_spelling(text: str) -> None:
    assert normalise_phone(text) == "+8613800138000"


def test_numbers_from_elsewhere() -> None:
    assert normalise_phone("+852 9123 4567") == "+85291234567"
    assert normalise_phone("9123 4567", "HK") == "+85291234567"
    assert normalise_phone("+1 415 555 2671") == "+14155552671"


@pytest.mark.parametrize(
    "text",
    ["", "a", "a@", "@b.cn", "a@b", "a b@c.cn", "a@b.cn\r\nBcc: x@y.cn", "a@b.cn, c@d.cn", "A <a@b.cn>",
     '"a b"@c.cn', "a@[127.0.0.1]", "a..b@c.cn", "王@example.com", "аdmin@example.com", "a" * 65 + "@b.cn",
     "a@localhost",
     "x@" + "a" * 250 + ".cn"],
)  # fmt: skip
def test_addresses_that_are_none_are_refused(text: str) -> None:
    with pytest.raises(IdentifierInvalid) as refused:
        normalise_email(text)
    assert refused.value.code == "email_invalid"


def test_an_address_has_one_spelling() -> None:
    assert normalise_email(" Li.Na+Crm@Example.COM ") == "li.na+crm@example.com"
    assert normalise_email("li@example.com\n") == "li@example.com"
    assert normalise_email("ｌｉ@example.com") == "li@example.com"
    assert normalise_email("li@例子.公司") == "li@xn--fsqu00a.xn--55qx5d"


@pytest.mark.parametrize("org_code", ["", "abc", "a" * 21, "海港贸易公司", "ab cd", "ab-cd", "abсd", "abcd\0"])
def test_organisation_numbers_that_are_none_are_refused(org_code: str) -> None:
    with pytest.raises(IdentifierInvalid) as refused:
        normalise_org_login(org_code, "keeper")
    assert refused.value.code == "org_code_invalid"


@pytest.mark.parametrize(
    "account", ["", " ", ".keeper", "-k", "a" * 33, "a b", "a@b.cn", "kеeper", "a/b", "a\nb", "a\0b"]
)
def test_accounts_that_are_none_are_refused(account: str) -> None:
    with pytest.raises(IdentifierInvalid) as refused:
        normalise_org_login("YF1024", account)
    assert refused.value.code == "org_account_invalid"


def test_an_organisation_login_has_one_spelling() -> None:
    assert normalise_org_login(" YF１０２４ ", "Keeper_07") == OrgLogin("yf1024", "keeper_07")
    assert normalise_org_login("yf1024", " 仓管员-小李 ") == OrgLogin("yf1024", "仓管员-小李")


def test_refusals_speak_both_languages() -> None:
    for code in ("phone_invalid", "phone_not_mobile", "email_invalid", "org_code_invalid", "org_account_invalid"):
        refused = IdentifierInvalid(code)
        assert refused.en.startswith("To ")
        assert " you must " in refused.en
        assert any("\u4e00" <= char <= "\u9fff" for char in refused.zh)
