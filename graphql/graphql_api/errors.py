"""The API's own refusals, and the one mapping from any refusal to a GraphQL error."""

from __future__ import annotations

from typing import Any

import sentry_sdk
import structlog
from graphql import GraphQLError
from graphql.language import SourceLocation
from sqlalchemy.exc import TimeoutError as PoolTimeout

from graphql_api.problems import field_of, in_chinese
from values.errors import DEFAULT_LANGUAGE, Busy, InternalError, Kind, Refusal

log = structlog.get_logger()
_MEASURES = {
    "depth": "层级深度",
    "nesting": "变量嵌套层级",
    "aliases": "别名数",
    "directives": "指令数",
    "tokens": "词元数",
    "fields": "展开片段后的字段数",
    "fragments": "片段数",
    "comparisons": "同名字段的比对量",
    "repeated fields": "同一字段的重复次数",
    "filter": "筛选条件数",
    "filter nesting": "筛选嵌套层级",
    "variable items": "变量中的项数",
    "query characters": "请求字符数",
    "orderBy": "排序字段数",
    "in": "列表项数",
    "operations": "操作数",
    "batch": "批量操作数",
    "cost": "查询成本",
}


class InvalidId(Refusal):
    code = "INVALID_ID"
    zh, en = "编号格式不正确。", "This is not an id."
    remedy_zh, remedy_en = "请使用接口返回的编号。", "Use an id that the API returned."


class InvalidCursor(Refusal):
    code = "INVALID_CURSOR"
    zh, en = "分页游标无效，或与当前排序不符。", "This cursor is not valid for this order."
    remedy_zh, remedy_en = "请从第一页重新读取。", "Start again from the first page."


class PageTooLarge(Refusal):
    code = "PAGE_TOO_LARGE"
    zh, en = "每页条数必须在 1 到 {limit} 之间。", "A page has 1 to {limit} rows."
    remedy_zh, remedy_en = "请减小 first，分页读取。", "Ask for fewer and follow pageInfo.endCursor."


class InputMalformed(Refusal):
    code = "INPUT_MALFORMED"
    zh, en = "填写的内容不符合要求：{problem_zh}。", "This input has the wrong type, length or format: {problem_en}."
    remedy_zh, remedy_en = "请对照接口说明修改后重试。", "Compare it with the API guide and try again."

    def __init__(self, *, field: str | None = None, problem_zh: str = "", problem_en: str = "") -> None:
        zh, en = problem_zh or "内容、长度或格式不正确", problem_en or "compare it with the schema"
        super().__init__(field=field, problem_zh=zh, problem_en=en)


class QueryTooLarge(Refusal):
    code = "QUERY_TOO_LARGE"
    zh, en = (
        "请求过于复杂：{measure_zh}为 {found}，上限 {limit}。",
        "This request is too large: {measure} {found} of {limit}.",
    )
    remedy_zh, remedy_en = "请减少字段、嵌套或每页条数，分多次请求。", "Ask for fewer fields, levels or rows at a time."

    def __init__(self, *, measure: str, found: object, limit: object, field: str | None = None) -> None:
        called = _MEASURES.get(measure, measure)
        super().__init__(field=field, measure=measure, measure_zh=called, found=found, limit=limit)


class QueryInvalid(Refusal):
    code = "GRAPHQL_VALIDATION"
    zh, en = "请求不符合接口定义：{problem_zh}", "The request does not fit the schema: {problem}"
    remedy_zh, remedy_en = "请对照接口说明修改请求。", "Compare the request with the API guide."

    def __init__(self, *, problem: str, field: str | None = None) -> None:
        super().__init__(field=field, problem=problem, problem_zh=in_chinese(problem))


class IntrospectionOff(Refusal):
    code, kind = "INTROSPECTION_OFF", Kind.FORBIDDEN
    zh, en = "正式环境不提供接口自省。", "Introspection is off in production."
    remedy_zh, remedy_en = "请使用随产品发布的 schema.graphql。", "Use the schema.graphql that ships with the product."


class TooSlow(Refusal):
    code, kind = "TOO_SLOW", Kind.UNAVAILABLE
    zh, en = "查询超过 {seconds} 秒，已停止。", "The query took longer than {seconds} seconds and was stopped."
    remedy_zh, remedy_en = "请缩小筛选范围或减少每页条数。", "Narrow the filter or ask for fewer rows."


class FileInvalid(Refusal):
    code = "FILE_INVALID"
    zh, en = (
        "文件内容不是有效的 Base64，或超过 {limit} 字节。",
        "The file is not valid Base64 or exceeds {limit} bytes.",
    )
    remedy_zh, remedy_en = "请重新选择文件；较大的文件请拆分。", "Choose the file again; split it if it is larger."


class LinkExpired(Refusal):
    code, kind = "DOWNLOAD_EXPIRED", Kind.NOT_FOUND
    zh, en = "下载链接无效或已过期。", "This download link is not valid any more."
    remedy_zh, remedy_en = "请重新导出。", "Export again."


def one_of(known: list[str], *, english: bool) -> str:
    """The problem of an InvalidInput whose value is none of a few."""
    return f"one of {', '.join(known)}" if english else f"可选值为 {'、'.join(known)}"


def as_error(wrong: GraphQLError, language: str, request_id: str) -> dict[str, Any]:
    """One entry of `errors`: `{message, locations, path, extensions: {code, field, remedy, requestId}}`.

    Where several fields are wrong at once, `extensions.problems` has each of them as `{code, message, field, remedy}`.
    What is not a refusal is logged and reported under the request's id; its text never leaves the server.
    """
    refusal = refusal_of(wrong, request_id)
    formatted: dict[str, Any] = {
        "message": refusal.sentence(language),
        "extensions": {
            "code": refusal.code,
            "field": refusal.field,
            "remedy": refusal.remedy(language),
            "requestId": request_id,
        },
    }
    if refusal.parts:
        formatted["extensions"]["problems"] = refusal.each(language)
    if wrong.locations:
        formatted["locations"] = [_location(found) for found in wrong.locations]
    if wrong.path is not None:
        formatted["path"] = list(wrong.path)
    return formatted


def _location(found: SourceLocation) -> dict[str, int]:
    return {"line": found.line, "column": found.column}


def refusal_of(wrong: GraphQLError, request_id: str) -> Refusal:
    """The refusal behind an error: ours, the schema's, or INTERNAL for a defect."""
    cause: BaseException | None = wrong
    while isinstance(cause, GraphQLError) and cause.original_error is not None:
        cause = cause.original_error
    if isinstance(cause, Refusal):
        return cause
    if isinstance(cause, GraphQLError):
        return QueryInvalid(problem=cause.message, field=field_of(cause.message))
    if isinstance(cause, PoolTimeout):
        log.warning("graphql_api.pool_exhausted", request_id=request_id)
        return Busy()
    stopped = _statement_timeout(cause)
    if stopped is not None:
        return stopped
    log.error("graphql_api.request_failed", request_id=request_id, exc_info=cause)
    if cause is not None:
        sentry_sdk.capture_exception(cause)
    return InternalError(reference=request_id)


def _statement_timeout(cause: BaseException | None) -> Refusal | None:
    if type(getattr(cause, "orig", None)).__name__ == "QueryCanceled":
        return TooSlow(seconds=STATEMENT_SECONDS)
    return None


STATEMENT_SECONDS = 8


def envelope(refusal: Refusal, language: str = DEFAULT_LANGUAGE, request_id: str = "") -> dict[str, Any]:
    """A whole answer that consists of one refusal."""
    return {"data": None, "errors": [as_error(GraphQLError("", original_error=refusal), language, request_id)]}
