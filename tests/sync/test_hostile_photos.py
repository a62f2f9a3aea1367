"""Photos that were made to break whoever opens them: refused, quickly and within bounds, or stripped."""

from __future__ import annotations

import io
import random
import zlib

import pytest
from PIL import Image

from sync.file_errors import FileContentRefused
from sync.photo_metadata import stripped
from tests.sync.attaching import photo

TYPES = {"image/jpeg": "JPEG", "image/png": "PNG", "image/webp": "WEBP"}


def moving(kind: str, frames: int, side: int) -> bytes:
    images = [Image.new("RGB", (side, side), (turn % 255, 7 * turn % 255, 0)) for turn in range(frames)]
    out = io.BytesIO()
    images[0].save(out, kind, save_all=True, append_images=images[1:], duration=50)
    return out.getvalue()


@pytest.mark.parametrize("media_type", ["image/png", "image/webp"])
def test_a_small_file_with_many_large_frames_is_refused_before_they_are_unpacked(
    media_type: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Sixty kilobytes of a moving picture were gigabytes of memory and minutes of the only turn that photos have."""
    monkeypatch.setattr("sync.photo_metadata._MOST_PIXELS", 64_000)
    data = moving(TYPES[media_type], 30, 100)
    with pytest.raises(FileContentRefused):
        stripped(io.BytesIO(data), media_type)
    few = stripped(io.BytesIO(moving(TYPES[media_type], 6, 100)), media_type)
    assert Image.open(few).n_frames == 6  # type: ignore[attr-defined]


def test_what_two_lenses_took_is_stripped_as_one_photo() -> None:
    out = io.BytesIO()
    two = [Image.new("RGB", (20, 20), colour) for colour in ("red", "blue")]
    two[0].save(out, "MPO", save_all=True, append_images=two[1:])
    assert Image.open(stripped(out, "image/jpeg")).size == (20, 20)


@pytest.mark.parametrize("media_type", list(TYPES))
def test_a_broken_photo_is_refused_and_nothing_else(media_type: str) -> None:
    chance = random.Random(zlib.crc32(media_type.encode()))
    kind = TYPES[media_type]
    whole = [photo(kind), *([moving(kind, 3, 20)] if kind != "JPEG" else [])]
    refused = 0
    for _ in range(400):
        data = bytearray(chance.choice(whole))
        for _ in range(chance.choice((1, 2, 5, 20))):
            at = chance.randrange(min(len(data), chance.choice((60, 400, len(data)))))
            data[at : at + chance.randrange(3)] = bytes(chance.randrange(256) for _ in range(chance.randrange(3)))
        try:
            stripped(io.BytesIO(bytes(data)), media_type)
        except FileContentRefused:
            refused += 1
    assert refused
