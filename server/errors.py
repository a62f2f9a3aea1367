"""What HTTP itself refuses, in the same closed form as every other refusal."""

from __future__ import annotations

from values.errors import BodyTooLarge, Kind, Refusal, RequestMalformed


class AddressUnknown(Refusal):
    code, kind, status = "ADDRESS_UNKNOWN", Kind.NOT_FOUND, 404
    zh, en = "没有这个地址。", "There is nothing at this address."
    remedy_zh, remedy_en = "请核对地址，或从首页进入。", "Check the address, or begin at the start page."


class MethodNotAllowed(Refusal):
    code, kind, status = "METHOD_NOT_ALLOWED", Kind.INVALID, 405
    zh, en = "该地址不支持这种请求方法。", "This address does not take that method."
    remedy_zh, remedy_en = "请按接口文档使用正确的方法。", "Use the method that the guide names."


class MediaTypeUnsupported(Refusal):
    code, kind, status = "MEDIA_TYPE_UNSUPPORTED", Kind.INVALID, 415
    zh, en = "不支持这种内容类型。", "This address does not take that content type."
    remedy_zh, remedy_en = "请使用 application/json。", "Send application/json."


class PartDown(Refusal):
    code, kind, status = "PART_DOWN", Kind.UNAVAILABLE, 503
    zh, en = "服务暂时不可用。", "The service cannot answer right now."
    remedy_zh, remedy_en = "请稍后重试；离线修改不会丢失。", "Try again soon; edits made offline are kept."


class Stopping(Refusal):
    code, kind, status = "STOPPING", Kind.UNAVAILABLE, 503
    zh, en = "服务正在重启。", "The service is restarting."
    remedy_zh, remedy_en = "请稍后重试。", "Try again in a few seconds."


BY_STATUS: dict[int, type[Refusal]] = {
    known.status or 400: known
    for known in (AddressUnknown, MethodNotAllowed, BodyTooLarge, MediaTypeUnsupported, PartDown)
}


def refusal_of_status(status: int) -> Refusal:
    """The refusal that stands for a framework's HTTP error."""
    if status >= 500 and status not in BY_STATUS:
        return PartDown()
    return BY_STATUS.get(status, RequestMalformed)(expected="HTTP/1.1", limit="-")
