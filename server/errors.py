"""What HTTP itself refuses, in the same closed form as every other refusal."""

from __future__ import annotations

from typing import ClassVar

from kernel.errors import Kind, Refusal


class HttpRefusal(Refusal):
    """A refusal of the edge. `status` is its HTTP status where the kind's is too coarse."""

    status: ClassVar[int] = 400


class AddressUnknown(HttpRefusal):
    code, kind, status = "ADDRESS_UNKNOWN", Kind.NOT_FOUND, 404
    zh, en = "没有这个地址。", "There is nothing at this address."
    remedy_zh, remedy_en = "请核对地址，或从首页进入。", "Check the address, or begin at the start page."


class MethodNotAllowed(HttpRefusal):
    code, kind, status = "METHOD_NOT_ALLOWED", Kind.INVALID, 405
    zh, en = "该地址不支持这种请求方法。", "This address does not take that method."
    remedy_zh, remedy_en = "请按接口文档使用正确的方法。", "Use the method that the guide names."


class BodyTooLarge(HttpRefusal):
    code, kind, status = "BODY_TOO_LARGE", Kind.INVALID, 413
    zh, en = "提交的内容超过 {limit} 字节。", "To send this you must keep it within {limit} bytes."
    remedy_zh, remedy_en = "请拆分后分批提交。", "Split it and send the parts."


class RequestMalformed(HttpRefusal):
    code, kind, status = "REQUEST_MALFORMED", Kind.INVALID, 400
    zh, en = "请求格式不正确。", "The request is not well-formed."
    remedy_zh, remedy_en = "请按接口文档检查请求。", "Compare it with the guide and send it again."


class MediaTypeUnsupported(HttpRefusal):
    code, kind, status = "MEDIA_TYPE_UNSUPPORTED", Kind.INVALID, 415
    zh, en = "不支持这种内容类型。", "This address does not take that content type."
    remedy_zh, remedy_en = "请使用 application/json。", "Send application/json."


class Broken(HttpRefusal):
    code, kind, status = "INTERNAL", Kind.UNAVAILABLE, 500
    zh, en = "系统出错，本次操作没有完成。", "Something broke on our side; this was not done."
    remedy_zh = "请稍后重试；若仍失败，请把请求编号 {request} 告诉我们。"
    remedy_en = "Try again; if it fails again, tell us the request id {request}."


class PartDown(HttpRefusal):
    code, kind, status = "PART_DOWN", Kind.UNAVAILABLE, 503
    zh, en = "服务暂时不可用。", "The service cannot answer right now."
    remedy_zh, remedy_en = "请稍后重试；离线修改不会丢失。", "Try again soon; edits made offline are kept."


class Stopping(HttpRefusal):
    code, kind, status = "STOPPING", Kind.UNAVAILABLE, 503
    zh, en = "服务正在重启。", "The service is restarting."
    remedy_zh, remedy_en = "请稍后重试。", "Try again in a few seconds."


BY_STATUS: dict[int, type[HttpRefusal]] = {
    known.status: known for known in (AddressUnknown, MethodNotAllowed, BodyTooLarge, MediaTypeUnsupported, PartDown)
}


def refusal_of_status(status: int) -> HttpRefusal:
    """The refusal that stands for a framework's HTTP error."""
    if status >= 500 and status not in BY_STATUS:
        return PartDown()
    return BY_STATUS.get(status, RequestMalformed)()
