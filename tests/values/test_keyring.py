import base64
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from values.keyring import InvalidToken, KeyRing, KeyRingInvalid


def entry(key_id: str, seed: int) -> str:
    return f"{key_id}:{base64.b64encode(bytes((seed + i * 7) % 256 for i in range(32))).decode()}"


OLD = KeyRing.parse(entry("k1", 1))
RING = KeyRing.parse(f"{entry('k2', 2)},{entry('k1', 1)}")
STRANGER = KeyRing.parse(entry("k2", 99))


@pytest.mark.parametrize(
    "text",
    [
        "",
        " , ",
        "k1",
        "k1:",
        "k1:%%%%",
        "k1:" + base64.b64encode(b"short").decode(),
        "k1:" + base64.b64encode(bytes(33)).decode(),
        "k1:" + base64.b64encode(bytes(32)).decode(),  # all zero: a placeholder, not a key
        "K 1:" + base64.b64encode(bytes(range(32))).decode(),
        f"{entry('k1', 1)},{entry('k1', 2)}",
        f"{entry('k1', 1)},{entry('k2', 1)}",
    ],
)
def test_a_broken_ring_is_refused_without_repeating_a_key(text: str) -> None:
    with pytest.raises(KeyRingInvalid) as refused:
        KeyRing.parse(text)
    encoded = text.partition(":")[2]
    assert not encoded or encoded not in str(refused.value)
    assert refused.value.__cause__ is None


@pytest.mark.parametrize(
    "token",
    ["", ".", "v1", "v1.k2", "v1.k2.", "v1.k2.AAAA", "v1.k9.AAAA", "v2.k2.AAAA", "s1.k2.AA", "v1.k2.ä", "v1.k2.A A="],
)
def test_malformed_tokens_are_refused(token: str) -> None:
    with pytest.raises(InvalidToken):
        RING.decrypt("totp", token)
    with pytest.raises(InvalidToken):
        RING.verify("cursor", token)


def test_decrypt_refuses_other_purpose_other_aad_and_other_ring() -> None:
    token = RING.encrypt("totp", b"secret", b"user-1")
    for ring, purpose, aad in [
        (RING, "sms", b"user-1"),
        (RING, "totp", b"user-2"),
        (RING, "totp", b""),
        (STRANGER, "totp", b"user-1"),
        (OLD, "totp", b"user-1"),
    ]:
        with pytest.raises(InvalidToken):
            ring.decrypt(purpose, token, aad)
    assert RING.decrypt("totp", token, b"user-1") == b"secret"


def test_verify_refuses_other_purpose_other_ring_and_an_encrypted_token() -> None:
    token = RING.sign("cursor", b"payload")
    for ring, purpose in [(RING, "link"), (STRANGER, "cursor"), (OLD, "cursor")]:
        with pytest.raises(InvalidToken):
            ring.verify(purpose, token)
    with pytest.raises(InvalidToken):
        RING.verify("cursor", RING.encrypt("cursor", b"payload"))
    assert RING.verify("cursor", token) == b"payload"


@given(position=st.integers(min_value=0), replacement=st.sampled_from("ABCxyz019-_.="))
def test_no_changed_character_survives(position: int, replacement: str) -> None:
    for token, opened in [
        (RING.sign("cursor", b"tenant clock 41"), lambda t: RING.verify("cursor", t)),
        (RING.encrypt("totp", b"tenant clock 41"), lambda t: RING.decrypt("totp", t)),
    ]:
        at = position % len(token)
        changed = token[:at] + replacement + token[at + 1 :]
        if changed != token:
            with pytest.raises(InvalidToken):
                opened(changed)


def test_a_second_spelling_of_the_same_bytes_is_refused() -> None:
    token = RING.sign("cursor", b"x")  # one byte leaves four unused bits in the base64
    head, key_id, payload, mac = token.split(".")
    assert payload == "eA"
    with pytest.raises(InvalidToken):
        RING.verify("cursor", ".".join([head, key_id, "eB", mac]))
    with pytest.raises(InvalidToken):
        RING.verify("cursor", token + "=")


def test_swapping_the_key_id_is_refused() -> None:
    token = OLD.sign("cursor", b"payload")
    with pytest.raises(InvalidToken):
        RING.verify("cursor", token.replace("s1.k1.", "s1.k2."))


def test_old_values_open_after_rotation_and_ask_for_it() -> None:
    encrypted, signed = OLD.encrypt("totp", b"secret"), OLD.sign("cursor", b"payload")
    assert RING.decrypt("totp", encrypted) == b"secret"
    assert RING.verify("cursor", signed) == b"payload"
    assert RING.needs_rotation(encrypted)
    assert RING.needs_rotation(signed)
    assert not RING.needs_rotation(RING.encrypt("totp", b"secret"))
    assert not RING.needs_rotation(RING.sign("cursor", b"payload"))
    with pytest.raises(InvalidToken):
        OLD.needs_rotation(RING.sign("cursor", b"payload"))


def test_fingerprints_cover_every_key_current_first() -> None:
    stored_before_rotation = OLD.fingerprint("phone", "+8613800138000")
    candidates = RING.fingerprints("phone", "+8613800138000")
    assert candidates[0] == RING.fingerprint("phone", "+8613800138000")
    assert stored_before_rotation in candidates
    assert len(set(candidates)) == 2
    assert RING.fingerprint("email", "+8613800138000") not in candidates
    assert RING.fingerprint("phone", "+8613800138001") not in candidates


def test_same_plaintext_never_gives_the_same_token() -> None:
    assert len({RING.encrypt("totp", b"same") for _ in range(50)}) == 50


@pytest.mark.parametrize("purpose", ["", "Totp", "a/b", "x" * 65, "1a"])
def test_a_purpose_is_a_plain_word(purpose: str) -> None:
    with pytest.raises(ValueError, match="purpose"):
        RING.encrypt(purpose, b"")
    with pytest.raises(ValueError, match="purpose"):
        RING.sign(purpose, b"")
    with pytest.raises(ValueError, match="purpose"):
        RING.fingerprint(purpose, "")


def test_repr_and_pickle_keep_the_keys_in() -> None:
    secret = entry("k2", 2).partition(":")[2]
    shown = repr(RING) + str(RING) + repr(RING._current)
    assert secret not in shown
    assert repr(base64.b64decode(secret)) not in shown
    assert "k2" in shown
    with pytest.raises(TypeError):
        pickle.dumps(RING)


def test_new_entry_makes_a_usable_key() -> None:
    rotated = KeyRing.parse(f"{KeyRing.new_entry('k3')},{entry('k2', 2)}")
    assert rotated.current_key_id == "k3"
    assert rotated.decrypt("totp", KeyRing.parse(entry("k2", 2)).encrypt("totp", b"s")) == b"s"


@given(st.binary(max_size=300), st.binary(max_size=50))
def test_round_trip(data: bytes, aad: bytes) -> None:
    assert RING.decrypt("totp", RING.encrypt("totp", data, aad), aad) == data
    assert RING.verify("cursor", RING.sign("cursor", data)) == data
