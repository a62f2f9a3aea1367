import base64
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenants.identity.tokens import (
    DEVICE,
    SESSION,
    TOKEN_PATTERN,
    LinkPurpose,
    code_matches,
    code_refusal,
    is_token,
    issue_code,
    issue_link,
    link_refusal,
    new_token,
    token_hash,
)
from values.keyring import KeyRing

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
OLD_KEY = "k1:" + base64.b64encode(bytes(range(32))).decode()
RING = KeyRing.parse(OLD_KEY)
ROTATED = KeyRing.parse("k2:" + base64.b64encode(bytes(range(100, 132))).decode() + "," + OLD_KEY)


@pytest.mark.parametrize("prefix", ["", "s", "yf_", "yf_S", "yf_s_", "yf_1", "YF_s", "yf_toolongname", "yf_s\n"])
def test_odd_prefixes_are_refused(prefix: str) -> None:
    with pytest.raises(ValueError, match="prefix"):
        new_token(prefix)


def test_garbage_other_prefixes_and_typing_errors_are_no_tokens() -> None:
    token, _ = new_token(SESSION)
    for text in ["", "yf_s_", token[:-1], token + "A", token + "\n", " " + token, token.upper(), "yf_s_" + "é" * 49]:
        assert not is_token(text, SESSION)
    assert not is_token(token, DEVICE)
    assert not is_token(token.replace("yf_s_", "yf_d_"), DEVICE)
    assert is_token(token, SESSION)


@given(position=st.integers(0, 53), replacement=st.sampled_from("0Aaz9_"))
def test_one_changed_character_breaks_the_checksum(position: int, replacement: str) -> None:
    token, _ = new_token(SESSION)
    changed = token[:position] + replacement + token[position + 1 :]
    assert is_token(changed, SESSION) == (changed == token)


def test_tokens_are_long_unique_and_found_by_a_secret_scanner() -> None:
    tokens = [new_token(SESSION)[0] for _ in range(200)]
    assert len(set(tokens)) == 200
    assert all(len(token) == len("yf_s_") + 49 for token in tokens)
    found = TOKEN_PATTERN.search(f'Authorization: "Bearer {tokens[0]}", next')
    assert found is not None
    assert found.group() == tokens[0]


def test_only_the_hash_is_stored() -> None:
    token, hashed = new_token(DEVICE)
    assert hashed == token_hash(token)
    assert len(hashed) == 32
    assert token_hash("\ud800") != token_hash("")


def test_a_link_is_refused_when_used_or_expired() -> None:
    link = issue_link(LinkPurpose.PASSWORD_RESET, timedelta(hours=1), NOW)
    end = link.expires_at
    assert link_refusal(expires_at=end, used_at=NOW, now=NOW) == "used"
    assert link_refusal(expires_at=end, used_at=None, now=NOW + timedelta(hours=1)) == "expired"
    assert link_refusal(expires_at=end, used_at=None, now=NOW + timedelta(minutes=59)) is None


def test_a_link_for_one_purpose_is_none_for_another_and_hides_its_token() -> None:
    link = issue_link(LinkPurpose.INVITATION, timedelta(hours=72), NOW)
    assert is_token(link.token, LinkPurpose.INVITATION)
    assert not is_token(link.token, LinkPurpose.PASSWORD_RESET)
    assert link.token_hash == token_hash(link.token)
    assert link.token not in repr(link)


def test_numeric_codes_refuse_other_subjects_wrong_codes_and_other_rings() -> None:
    issued = issue_code(RING, "sign_in:+8613800138000", timedelta(minutes=5), NOW)
    wrong = f"{(int(issued.code) + 1) % 1_000_000:06d}"
    for subject, code in [
        ("sign_in:+8613800138000", wrong),
        ("sign_in:+8613800138001", issued.code),
        ("reset:+8613800138000", issued.code),
        ("sign_in:+8613800138000", ""),
        ("sign_in:+8613800138000", issued.code + "0"),
        ("sign_in:+8613800138000", issued.code[:5]),
        ("sign_in:+8613800138000", "\ud800"),
    ]:
        assert not code_matches(RING, subject, code, issued.fingerprint)
    stranger = KeyRing.parse(KeyRing.new_entry("k1"))
    assert not code_matches(stranger, "sign_in:+8613800138000", issued.code, issued.fingerprint)
    assert issued.code not in repr(issued)
    assert issued.code not in issued.fingerprint


def test_a_code_issued_before_a_rotation_still_works() -> None:
    issued = issue_code(RING, "sign_in:x", timedelta(minutes=5), NOW)
    assert code_matches(ROTATED, "sign_in:x", f" {issued.code[:3]} {issued.code[3:]}", issued.fingerprint)


def test_codes_are_refused_after_too_many_attempts_use_or_time() -> None:
    end = NOW + timedelta(minutes=5)
    assert code_refusal(expires_at=end, used_at=None, failed_attempts=5, now=NOW) == "too_many_attempts"
    assert code_refusal(expires_at=end, used_at=NOW, failed_attempts=0, now=NOW) == "used"
    assert code_refusal(expires_at=end, used_at=None, failed_attempts=0, now=end) == "expired"
    assert code_refusal(expires_at=end, used_at=None, failed_attempts=4, now=NOW) is None


def test_codes_have_six_digits_and_spread() -> None:
    codes = [issue_code(RING, "s", timedelta(minutes=5), NOW).code for _ in range(300)]
    assert all(len(code) == 6 and code.isdigit() for code in codes)
    assert len(set(codes)) > 290
    assert {code[0] for code in codes} == set("0123456789")
