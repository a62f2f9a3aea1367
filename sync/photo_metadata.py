"""Takes out of a photo where, when and with what it was taken. How it is turned stays, so that it is seen upright."""

from __future__ import annotations

import io
from typing import IO, Any

from PIL import Image, JpegImagePlugin

from sync.file_errors import FileContentRefused

_ORIENTATION = 0x0112
_MOST_PIXELS = 64_000_000  # of all frames together: 200 MB of memory
_FORMATS = {"image/jpeg": "JPEG", "image/png": "PNG", "image/webp": "WEBP"}  # what two lenses took opens as a JPEG
_WEBP_QUALITY = 90


def stripped(file: IO[bytes], media_type: str) -> io.BytesIO:
    """The photo with its pixels, colours and orientation alone: no EXIF, GPS, XMP, IPTC, comments or thumbnails.

    A JPEG is written with its own tables, so that it loses next to nothing. Raises FileContentRefused for what is no
    such photo, or has more than 64 million pixels in all its frames.
    """
    file.seek(0)
    out = io.BytesIO()
    try:
        with Image.open(file, formats=[_FORMATS[media_type]]) as image:
            frames = _frames(image) if media_type != "image/jpeg" else 1
            if image.width * image.height * frames > _MOST_PIXELS:
                raise FileContentRefused(type=media_type)
            _write(image, media_type, out)
    except FileContentRefused:
        raise
    except Exception as wrong:  # a decoder raises all kinds of things over a file that was made to break it
        raise FileContentRefused(type=media_type) from wrong
    out.seek(0)
    return out


def _write(image: Image.Image, media_type: str, out: IO[bytes]) -> None:
    options: dict[str, Any] = {"exif": _turned(image), "icc_profile": image.info.get("icc_profile")}
    if media_type == "image/jpeg":
        tables = getattr(image, "quantization", None)
        sampling = JpegImagePlugin.get_sampling(image)
        image.load()
        plain = image.copy()
        plain.info = {}
        kept = {"qtables": tables, "subsampling": sampling} if tables and image.mode != "CMYK" else {"quality": 92}
        plain.save(out, "JPEG", comment=b"", xmp=b"", **kept, **options)
        return
    animated = _frames(image) > 1
    image.load()
    if media_type == "image/png":
        image.save(out, "PNG", save_all=animated, pnginfo=None, **options)
    else:
        image.save(out, "WEBP", save_all=animated, quality=_WEBP_QUALITY, xmp=b"", **options)


def _frames(image: Image.Image) -> int:
    return int(getattr(image, "n_frames", 1))


def _turned(image: Image.Image) -> bytes:
    """EXIF with the orientation and nothing else; none where the photo is upright."""
    orientation = image.getexif().get(_ORIENTATION, 1)
    if orientation == 1:
        return b""
    exif = Image.Exif()
    exif[_ORIENTATION] = orientation
    return exif.tobytes()
