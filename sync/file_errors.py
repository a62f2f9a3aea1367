"""What the file doors refuse."""

from __future__ import annotations

from values.errors import Kind, Refusal


class UploadOffsetWrong(Refusal):
    """The answer says the right one, in the sentence and in `Upload-Offset`."""

    code, kind = "UPLOAD_OFFSET_WRONG", Kind.CONFLICT
    zh, en = "上传位置不符：应从第 {offset} 字节继续。", "To go on with this upload you must continue at byte {offset}."
    remedy_zh, remedy_en = "请从该位置继续上传。", "Continue there."


class ChunkInvalid(Refusal):
    code = "CHUNK_INVALID"
    zh = "上传的分段无效：每段 {least} 至 {most} 字节（最后一段可以更短），且不能超出文件大小。"
    en = "To upload you must send pieces of {least} to {most} bytes (the last may be shorter) within the file's size."
    remedy_zh, remedy_en = "请升级应用后重新上传。", "Update the app and upload again."


class FileDiffers(Refusal):
    code, kind = "FILE_DIFFERS", Kind.CONFLICT
    zh = "收到的文件与登记的校验值不一致，已丢弃。"
    en = "To store this file it must be the one that was announced; what arrived is another, and was discarded."
    remedy_zh, remedy_en = (
        "请从头重新上传；若文件已改动，请重新添加。",
        "Upload it again; if the file has changed, attach it anew.",
    )


class FileContentRefused(Refusal):
    code = "FILE_CONTENT_REFUSED"
    zh = "文件内容与所声明的类型（{type}）不符，未保存。"
    en = "To store this file its content must be of the type that was given ({type}); it is not, and was discarded."
    remedy_zh, remedy_en = "请移除该附件，换成正确的文件。", "Remove the attachment and attach the right file."


class FileWaiting(Refusal):
    code, kind = "FILE_WAITING", Kind.CONFLICT
    zh, en = "该附件的文件还没有上传完成。", "To download this file it must have been uploaded first."
    remedy_zh, remedy_en = "请等添加者的设备联网后再试。", "Try again when the device that has it was online."


class FileAbsent(Refusal):
    code, kind, status = "FILE_ABSENT", Kind.UNAVAILABLE, 500
    zh, en = "该附件的文件暂时读不到。", "This attachment's file cannot be read at the moment."
    remedy_zh, remedy_en = "请稍后再试；若仍失败，请联系支持。", "Try again later; if it stays, contact support."


class RangeRefused(Refusal):
    code, status = "RANGE_REFUSED", 416
    zh, en = "请求的字节范围不在文件内。", "To download a part it must lie within the file."
    remedy_zh, remedy_en = "请重新下载整个文件。", "Download the whole file."
