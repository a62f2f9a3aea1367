"""Which files may be attached: their types, names and sizes. What is really inside is looked at when the bytes are
there (`sync/file_contents.py`)."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from tenants.attachment_errors import NO_ENDING, FileNameInvalid, FileTypeRefused, reserved_name

_OFFICE = "application/vnd.openxmlformats-officedocument."
_OPEN = "application/vnd.oasis.opendocument."
MEDIA_TYPES: dict[str, tuple[str, ...]] = {
    "image/jpeg": ("jpg", "jpeg", "jpe", "jfif"),
    "image/png": ("png",),
    "image/gif": ("gif",),
    "image/webp": ("webp",),
    "image/heic": ("heic", "heif"),
    "image/heif": ("heif", "heic"),
    "image/tiff": ("tif", "tiff"),
    "image/bmp": ("bmp",),
    "application/pdf": ("pdf",),
    f"{_OFFICE}wordprocessingml.document": ("docx",),
    f"{_OFFICE}spreadsheetml.sheet": ("xlsx",),
    f"{_OFFICE}presentationml.presentation": ("pptx",),
    f"{_OPEN}text": ("odt",),
    f"{_OPEN}spreadsheet": ("ods",),
    f"{_OPEN}presentation": ("odp",),
    "application/msword": ("doc", "wps"),
    "application/vnd.ms-excel": ("xls", "et"),
    "application/vnd.ms-powerpoint": ("ppt", "dps"),
    "text/plain": ("txt", "log", "md"),
    "text/csv": ("csv",),
    "audio/mpeg": ("mp3",),
    "audio/mp4": ("m4a", "mp4"),
    "audio/aac": ("aac",),
    "audio/amr": ("amr",),
    "audio/wav": ("wav",),
    "audio/ogg": ("ogg", "oga", "opus"),
    "audio/webm": ("webm", "weba"),
    "video/mp4": ("mp4", "m4v"),
    "video/quicktime": ("mov", "qt"),
    "video/webm": ("webm",),
    "video/3gpp": ("3gp",),
}
"""Media type → endings of names that fit it. Nothing in it runs when a browser opens it; HTML and SVG are not in it."""

STRIPPABLE = frozenset({"image/jpeg", "image/png", "image/webp"})
_NAME_CHARACTERS = 150
_NAME_BYTES = 240  # file systems take 255, and a copy may add " (2)"
_RESERVED = re.compile(r"(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])", re.IGNORECASE)
_FORBIDDEN = re.compile(r'[<>:"|?*]')


@dataclass(frozen=True, slots=True)
class AttachmentLimits:
    """`file_bytes`: of one file; `tenant_bytes`: of all files of a company, those in the recycle bin too."""

    file_bytes: int = 25 * 1024 * 1024
    tenant_bytes: int = 10 * 1024**3


def cleaned_name(given: str, media_type: str) -> str:
    """The name as every system can store it, without folders and invisible characters. Raises FileNameInvalid, and
    FileTypeRefused for an ending that is not the type's: `invoice.pdf.exe` is no PDF."""
    name = unicodedata.normalize("NFC", given).replace("\\", "/").rsplit("/", 1)[-1]
    # control characters, and those that make a name read otherwise than it is (right-to-left overrides)
    name = "".join(
        char for char in name if unicodedata.category(char) not in ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")
    )
    name = _FORBIDDEN.sub("_", name).strip(" .")
    stem, dot, ending = name.rpartition(".")
    stem = stem.strip(" .")
    if not dot or not stem:
        raise FileNameInvalid(field="fileName", why=NO_ENDING)
    first = stem.split(".")[0]
    if _RESERVED.fullmatch(first):
        raise FileNameInvalid(field="fileName", why=reserved_name(first))
    if ending.lower() not in MEDIA_TYPES.get(media_type, ()):
        raise FileTypeRefused(field="fileName", name=name[:_NAME_CHARACTERS])
    stem = stem[: _NAME_CHARACTERS - len(ending) - 1]
    while len(f"{stem}.{ending}".encode()) > _NAME_BYTES:
        stem = stem[:-1]
    return f"{stem.rstrip(' .')}.{ending}"
