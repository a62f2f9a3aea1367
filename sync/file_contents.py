"""What is really inside a file, looked at before it is kept: the type that was given, or none.

The types are few and each begins in its own way, so the table below is all there is. What it lets pass is never shown
inline anyway; it keeps programs and pages from travelling under a picture's name.
"""

from __future__ import annotations

import codecs
import re
import zipfile
import zlib
from collections.abc import Callable, Mapping
from typing import IO

from sync.file_errors import FileContentRefused

_HEAD_BYTES = 4096
_PIECE_BYTES = 256 * 1024
_MOST_MEMBERS = 20_000
_STILL = frozenset({b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1", b"heif"})
_AVIF = frozenset({b"avif", b"avis"})
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_MARKUP = re.compile(r"\s*<(?:!doctype|!--|\?xml|html|head|body|svg|script|iframe|meta|link|style)", re.IGNORECASE)
_OOXML = {
    "wordprocessingml.document": "word/document.xml",
    "spreadsheetml.sheet": "xl/workbook.xml",
    "presentationml.presentation": "ppt/presentation.xml",
}


def refuse_other_content(file: IO[bytes], media_type: str) -> None:
    """Raises FileContentRefused unless the file, open for reading, is of the type. Leaves it at its beginning."""
    file.seek(0)
    head = file.read(_HEAD_BYTES)
    file.seek(0)
    leads = _LEADS.get(media_type)
    if leads is not None:
        fits = leads(head)
    elif media_type.startswith("text/"):
        fits = _is_text(file)
    else:
        fits = _is_office(file, media_type)
    file.seek(0)
    if not fits:
        raise FileContentRefused(type=media_type)


def _starts(*begins: bytes) -> Callable[[bytes], bool]:
    return lambda head: head.startswith(begins)


def _riff(kind: bytes) -> Callable[[bytes], bool]:
    return lambda head: head.startswith(b"RIFF") and head[8:12] == kind


def _brands(head: bytes) -> frozenset[bytes]:
    """The brands of an ISO media file; none for anything else."""
    if head[4:8] != b"ftyp":
        return frozenset()
    end = min(int.from_bytes(head[:4], "big"), len(head))
    return frozenset({head[8:12], *(head[at : at + 4] for at in range(16, end - 3, 4))})


def _is_still(head: bytes) -> bool:
    brands = _brands(head)
    return bool(brands & _STILL) and not brands & _AVIF


def _is_moving(head: bytes) -> bool:
    brands = _brands(head)
    return bool(brands) and not brands & (_STILL | _AVIF)


def _is_quicktime(head: bytes) -> bool:
    return _is_moving(head) or head[4:8] in (b"moov", b"mdat", b"wide", b"free", b"skip")


def _is_webm(head: bytes) -> bool:
    return head.startswith(b"\x1a\x45\xdf\xa3") and b"webm" in head


def _is_mp3(head: bytes) -> bool:
    layer = len(head) > 2 and head[0] == 0xFF and head[1] & 0xE0 == 0xE0 and head[1] & 0x06 != 0
    return head.startswith(b"ID3") or layer


def _is_aac(head: bytes) -> bool:
    return head.startswith(b"ADIF") or (len(head) > 2 and head[0] == 0xFF and head[1] & 0xF6 == 0xF0)


_LEADS: Mapping[str, Callable[[bytes], bool]] = {
    "image/jpeg": _starts(b"\xff\xd8\xff"),
    "image/png": _starts(b"\x89PNG\r\n\x1a\n"),
    "image/gif": _starts(b"GIF87a", b"GIF89a"),
    "image/webp": _riff(b"WEBP"),
    "image/heic": _is_still,
    "image/heif": _is_still,
    "image/tiff": _starts(b"II*\0", b"MM\0*"),
    "image/bmp": _starts(b"BM"),
    "application/pdf": lambda head: b"%PDF-" in head[:1024],
    "application/msword": _starts(_OLE),
    "application/vnd.ms-excel": _starts(_OLE),
    "application/vnd.ms-powerpoint": _starts(_OLE),
    "audio/mpeg": _is_mp3,
    "audio/mp4": _is_moving,
    "audio/aac": _is_aac,
    "audio/amr": _starts(b"#!AMR"),
    "audio/wav": _riff(b"WAVE"),
    "audio/ogg": _starts(b"OggS"),
    "audio/webm": _is_webm,
    "video/mp4": _is_moving,
    "video/quicktime": _is_quicktime,
    "video/webm": _is_webm,
    "video/3gpp": _is_moving,
}


def _is_text(file: IO[bytes]) -> bool:
    """UTF-8, GB18030 or, with its mark, UTF-16; without NUL characters; not a page or a drawing."""
    begins = file.read(4)
    marked = begins.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    return any(_decodes(file, encoding) for encoding in (("utf-16",) if marked else ("utf-8-sig", "gb18030")))


def _decodes(file: IO[bytes], encoding: str) -> bool:
    file.seek(0)
    decoder, first = codecs.getincrementaldecoder(encoding)(), True
    while True:
        data = file.read(_PIECE_BYTES)
        try:
            text = decoder.decode(data, final=not data)
        except UnicodeDecodeError:
            return False
        if "\0" in text or (first and _MARKUP.match(text)):
            return False
        if not data:
            return True
        first = False


def _is_office(file: IO[bytes], media_type: str) -> bool:
    """The zip of an office document of the type, without macros."""
    if _directory_entries(file) > _MOST_MEMBERS:
        return False
    try:
        with zipfile.ZipFile(file) as archive:
            names = set(archive.namelist())
            if media_type.startswith("application/vnd.oasis.opendocument."):
                with archive.open("mimetype") as kind:
                    return kind.read(100) == media_type.encode()
    except (zipfile.BadZipFile, zlib.error, KeyError, ValueError, NotImplementedError, RuntimeError, EOFError, OSError):
        return False
    wanted = _OOXML.get(media_type.removeprefix("application/vnd.openxmlformats-officedocument."))
    macros = any(name.lower().endswith("vbaproject.bin") for name in names)
    return wanted in names and "[Content_Types].xml" in names and not macros


def _directory_entries(file: IO[bytes]) -> int:
    """At least as many as the zip's directory has: the bytes may also occur inside a member."""
    file.seek(0)
    found, tail = 0, b""
    while data := file.read(_PIECE_BYTES):
        found += (tail + data).count(b"PK\x01\x02")
        tail = data[-3:]
    file.seek(0)
    return found
