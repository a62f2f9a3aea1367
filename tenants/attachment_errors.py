"""Why a file is not attached."""

from __future__ import annotations

from values.errors import Kind, Refusal, Words


class NotAttachable(Refusal):
    code = "NOT_ATTACHABLE"
    zh, en = "该类记录不能添加附件。", "To attach a file you must choose a record of another kind."
    remedy_zh, remedy_en = (
        "请在客户、联系人、跟进等业务记录上添加。",
        "Attach it to a customer, a contact or a document.",
    )


class FileTypeRefused(Refusal):
    code = "FILE_TYPE_REFUSED"
    zh, en = "不支持上传“{name}”这种文件。", "To attach a file you must choose one of an allowed type; {name} is not."
    remedy_zh = "可上传图片、PDF、Office 文档、文本或 CSV、音频和短视频，且扩展名须与类型一致。"
    remedy_en = "Images, PDF, office files, text, CSV, audio and short videos are, with the file name's fitting ending."


NO_ENDING = Words("须有名称和扩展名，如 photo.jpg", "a name and an ending, like photo.jpg")


def reserved_name(name: str) -> Words:
    """`CON.txt` is no file for Windows."""
    return Words(f"“{name}”是 Windows 系统保留的名称", f"another name: Windows keeps {name} for itself")


class FileNameInvalid(Refusal):
    """`why`: what is wrong (zh), what it must have (en)."""

    code = "FILE_NAME_INVALID"
    zh, en = "文件名无效：{why}。", "To attach a file it must have {why}."
    remedy_zh, remedy_en = "请改名后重新添加。", "Rename the file and attach it again."


class FileTooLarge(Refusal):
    code = "FILE_TOO_LARGE"
    zh, en = "单个附件不能超过 {limit} MB。", "To attach a file it must have {limit} MB at most."
    remedy_zh, remedy_en = "请压缩或拆分后重新添加。", "Compress or split it, then attach it again."


class FileQuotaExceeded(Refusal):
    code, kind = "FILE_QUOTA_EXCEEDED", Kind.CONFLICT
    zh = "公司的附件空间（{limit} MB）已不够存放该文件。"
    en = "To attach this file the company must have room for it among its {limit} MB of attachments."
    remedy_zh = "请删除不再需要的附件，30 天后释放空间；或联系管理员。"
    remedy_en = "Remove attachments that nobody needs (they make room after 30 days), or ask your admin."


class ContentHashInvalid(Refusal):
    code = "CONTENT_HASH_INVALID"
    zh, en = "文件校验值无效。", "To attach a file you must give its SHA-256 as 64 hexadecimal digits."
    remedy_zh, remedy_en = "请升级应用后重新添加。", "Update the app and attach it again."


class StripUnsupported(Refusal):
    code = "STRIP_UNSUPPORTED"
    zh = "只能清除 JPEG、PNG、WebP 照片中的拍摄信息。"
    en = "To have metadata stripped it must be a photo in JPEG, PNG or WebP."
    remedy_zh, remedy_en = "请先转换为 JPEG 再添加。", "Convert it to JPEG first, then attach it."


class RecordInRecycleBin(Refusal):
    code, kind = "RECORD_IN_RECYCLE_BIN", Kind.CONFLICT
    zh, en = "该{entity}在回收站中，不能添加附件。", "To attach a file the {entity} must not lie in the recycle bin."
    remedy_zh, remedy_en = "请先恢复该记录。", "Restore the record first."


class AttachmentPurged(Refusal):
    code, kind = "ATTACHMENT_PURGED", Kind.CONFLICT
    zh, en = (
        "附件移除已超过 {days} 天，不能恢复。",
        "To restore an attachment it must have been removed {days} days ago at most.",
    )
    remedy_zh, remedy_en = "请重新添加文件。", "Attach the file again."
