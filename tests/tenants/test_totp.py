from datetime import UTC, datetime, timedelta

import pyotp
import pytest

from tenants.identity.totp import (
    match_code,
    match_recovery_code,
    new_recovery_codes,
    new_secret,
    provisioning_uri,
    recovery_code_hash,
)

# RFC 6238 appendix B, SHA-1; the last six of its eight digits.
RFC_SECRET = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
NOW = datetime(2026, 3, 2, 9, 0, 10, tzinfo=UTC)


def code_at(secret: str, at: datetime) -> str:
    return pyotp.TOTP(secret).at(at)


@pytest.mark.parametrize("code", ["", "12345", "1234567", "abcdef", "١٢٣٤٥٦", "12345６7", "-12345", "1" * 5000])
def test_what_is_not_six_digits_is_refused(code: str) -> None:
    assert match_code(RFC_SECRET, code, None, NOW) is None


@pytest.mark.parametrize("seconds", [-90, -60, 60, 90])
def test_codes_beyond_one_step_are_refused(seconds: int) -> None:
    secret = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
    assert match_code(secret, code_at(secret, NOW + timedelta(seconds=seconds)), None, NOW) is None


def test_a_code_works_once_and_so_does_every_earlier_one() -> None:
    secret = new_secret()
    code = code_at(secret, NOW)
    counter = match_code(secret, code, None, NOW)
    assert counter == int(NOW.timestamp()) // 30
    assert match_code(secret, code, counter, NOW) is None
    assert match_code(secret, code_at(secret, NOW - timedelta(seconds=30)), counter, NOW) is None
    later = NOW + timedelta(seconds=30)
    assert match_code(secret, code_at(secret, later), counter, later) == counter + 1


def test_another_secret_is_refused() -> None:
    assert match_code("JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP", code_at(RFC_SECRET, NOW), None, NOW) is None


def test_a_naive_instant_is_refused() -> None:
    with pytest.raises(ValueError, match="time zone"):
        match_code(RFC_SECRET, "123456", None, NOW.replace(tzinfo=None))


@pytest.mark.parametrize(
    ("seconds", "code"),
    [(59, "287082"), (1111111109, "081804"), (1111111111, "050471"), (1234567890, "005924"), (20000000000, "353130")],
)
def test_the_vectors_of_rfc_6238(seconds: int, code: str) -> None:
    assert match_code(RFC_SECRET, code, None, datetime.fromtimestamp(seconds, UTC)) == seconds // 30


@pytest.mark.parametrize("drift", [-30, 0, 30])
def test_one_step_of_drift_and_typing_habits_are_forgiven(drift: int) -> None:
    code = code_at(RFC_SECRET, NOW + timedelta(seconds=drift))
    assert match_code(RFC_SECRET, f" {code[:3]} {code[3:]} ", None, NOW) == (int(NOW.timestamp()) + drift) // 30
    full_width = code.translate({ord(str(digit)): chr(0xFF10 + digit) for digit in range(10)})
    assert match_code(RFC_SECRET, full_width, None, NOW) is not None


def test_provisioning_uri_is_read_back_by_an_authenticator() -> None:
    secret = new_secret()
    uri = provisioning_uri(secret, "陈丽@example.com")
    assert uri.startswith("otpauth://totp/Yunfan%20%E4%BA%91%E5%B8%86:")
    app = pyotp.parse_uri(uri)
    assert app.issuer == "Yunfan 云帆"
    assert app.name == "陈丽@example.com"
    assert app.at(NOW) == code_at(secret, NOW)  # type: ignore[union-attr,arg-type]
    assert len(secret) == 32


def test_recovery_codes_refuse_strangers_and_work_once() -> None:
    codes = new_recovery_codes()
    stored = [recovery_code_hash(code) for code in codes]
    stranger = new_recovery_codes()[0]
    for wrong in ["", "AAAA-AAAA-AAAA-AAAA", codes[0][:-1], codes[0] + "0", stranger, "\ud800", "0" * 9999]:
        assert match_recovery_code(wrong, stored) is None
    used = match_recovery_code(codes[3], stored)
    assert used == stored[3]
    stored.remove(used)
    assert match_recovery_code(codes[3], stored) is None
    assert match_recovery_code(codes[4], stored) is not None


def test_recovery_codes_are_ten_distinct_unreadable_from_storage_and_forgiving_to_type() -> None:
    codes = new_recovery_codes()
    assert len(set(codes)) == 10
    assert all(len(code) == 19 for code in codes)
    code = "0123-4567-89AB-CDE1"
    stored = [recovery_code_hash(code)]
    assert len(stored[0]) == 32
    for typed in ["0123456789abcde1", "o123 4567 89ab cdeI", " O123-4567-89AB-CDEl ", "０123-4567-89AB-CDE1"]:
        assert match_recovery_code(typed, stored) == stored[0]
