"""The outer shell of an .xlsx file: everything that can be dangerous about it is found before a parser sees it."""

import io
import re
import struct
import zipfile
import zlib

from exchange.errors_text import UnreadableFile, unsafe
from exchange.limits import Limits

_RATIO_FLOOR_BYTES = 1024 * 1024  # tiny files may compress at any ratio
_LOCAL_HEADER_BYTES = 30
_ARCHIVE_NAMES = re.compile(r"\.(zip|xls[xmb]?|doc[xm]?|ppt[xm]?|gz|bz2|xz|7z|rar|jar|ods)$", re.IGNORECASE)
_ARCHIVE_MAGIC = (b"PK\x03\x04", b"\x1f\x8b", b"7z\xbc\xaf", b"Rar!", b"\xd0\xcf\x11\xe0")
_XML_NAMES = (".xml", ".rels", ".vml")
_DECLARES = re.compile(rb"<!(?:DOCTYPE|ENTITY)", re.IGNORECASE)


class Archive:
    """A checked zip archive. `read` gives a member by name without regard to case, or None."""

    def __init__(self, data: bytes, limits: Limits) -> None:
        """Check number, sizes, ratio, overlap, nesting and entities of the members by really unpacking them.

        Raises UnreadableFile: FILE_DAMAGED, FILE_ENCRYPTED, FILE_UNSAFE.
        """
        self._data = data
        self._limits = limits
        self._members = self._directory()
        self._check_layout()
        self._check_contents()

    def names(self) -> list[str]:
        return list(self._members)

    def read(self, name: str) -> bytes | None:
        info = self._members.get(name.lower())
        return None if info is None else self._unpack(info, info.file_size)

    def _directory(self) -> dict[str, zipfile.ZipInfo]:
        # Twice the limit, since these four bytes may also occur within the data of a member.
        if self._data.count(b"PK\x01\x02") > 2 * self._limits.archive_members:
            raise unsafe("members")
        try:
            with zipfile.ZipFile(io.BytesIO(self._data)) as archive:
                infos = archive.infolist()
        except (zipfile.BadZipFile, NotImplementedError, ValueError, OSError, struct.error, IndexError) as error:
            raise UnreadableFile("FILE_DAMAGED") from error
        if len(infos) > self._limits.archive_members:
            raise unsafe("members")
        members = {info.filename.replace("\\", "/").lower(): info for info in infos}
        if len(members) != len(infos):  # two members of one name: which one a parser takes is anybody's guess
            raise unsafe("sizes")
        return members

    def _check_layout(self) -> None:
        end = 0
        for info in sorted(self._members.values(), key=lambda info: info.header_offset):
            if info.flag_bits & 0x1:
                raise UnreadableFile("FILE_ENCRYPTED")
            if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
                raise unsafe("packing")
            if info.header_offset < end:
                raise unsafe("sizes")
            end = self._start_of(info) + info.compress_size
        if end > len(self._data):
            raise UnreadableFile("FILE_DAMAGED")
        declared = sum(info.file_size for info in self._members.values())
        most = max(_RATIO_FLOOR_BYTES, self._limits.unpack_ratio * len(self._data))
        if declared > min(most, self._limits.unpacked_bytes):
            raise unsafe("unpacked")

    def _check_contents(self) -> None:
        for name, info in self._members.items():
            if _ARCHIVE_NAMES.search(name):
                raise unsafe("nested")
            content = self._unpack(info, info.file_size)
            if content.startswith(_ARCHIVE_MAGIC):
                raise unsafe("nested")
            # A NUL means UTF-16, which would hide a DOCTYPE from this search; no spreadsheet program writes it.
            if name.endswith(_XML_NAMES) and (_DECLARES.search(content) or b"\0" in content):
                raise unsafe("entities")

    def _start_of(self, info: zipfile.ZipInfo) -> int:
        header = self._data[info.header_offset : info.header_offset + _LOCAL_HEADER_BYTES]
        if len(header) < _LOCAL_HEADER_BYTES or header[:4] != b"PK\x03\x04":
            raise UnreadableFile("FILE_DAMAGED")
        name_bytes, extra_bytes = struct.unpack_from("<HH", header, 26)
        return info.header_offset + _LOCAL_HEADER_BYTES + int(name_bytes) + int(extra_bytes)

    def _unpack(self, info: zipfile.ZipInfo, declared: int) -> bytes:
        """The member's bytes; zlib is never allowed to give more than the directory declares."""
        start = self._start_of(info)
        packed = self._data[start : start + info.compress_size]
        if info.compress_type == zipfile.ZIP_STORED:
            content, complete = packed, True
        else:
            stream = zlib.decompressobj(-zlib.MAX_WBITS)
            try:
                content = stream.decompress(packed, declared + 1)
            except zlib.error as error:
                raise UnreadableFile("FILE_DAMAGED") from error
            complete = stream.eof
        if len(content) > declared:
            raise unsafe("sizes")
        if len(content) < declared or not complete or zlib.crc32(content) != info.CRC:
            raise UnreadableFile("FILE_DAMAGED")
        return content
