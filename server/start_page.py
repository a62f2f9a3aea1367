"""The page at `/`: what answers here, and where to go on."""

from __future__ import annotations

from functools import cache

from server.web import style_hash

_STYLE = (
    "body{font:16px/1.7 system-ui,'PingFang SC','Microsoft YaHei',sans-serif;max-width:42rem;margin:3rem auto;"
    "padding:0 1rem;color:#1d2733}code{background:#eef2f6;padding:.1em .3em}a{color:#0b5cad}h1{font-weight:600}"
)
_ZH = (
    "<h1>云帆</h1><p>面向中小企业的多租户客户与业务管理服务，支持离线使用。这里是它的服务端：</p><ul>"
    "<li>GraphQL 接口：<code>POST /graphql</code></li>"
    "<li>离线同步：<code>/sync/v1/…</code></li>"
    "<li>运行状态：<a href='/health/ready'>/health/ready</a></li>{development}</ul>"
)
_EN = (
    "<h1>Yunfan</h1><p>Customer and business management for small and medium companies, multi-tenant, on line and off. "
    "This is its server:</p><ul>"
    "<li>GraphQL: <code>POST /graphql</code></li>"
    "<li>Offline sync: <code>/sync/v1/…</code></li>"
    "<li>Health: <a href='/health/ready'>/health/ready</a></li>{development}</ul>"
)
_DEVELOPMENT = {
    "zh": "<li>接口调试页（仅开发环境）：<a href='/graphql'>/graphql</a></li>",
    "en": "<li>API explorer (development only): <a href='/graphql'>/graphql</a></li>",
}


@cache
def start_page(language: str, *, development: bool) -> tuple[str, str]:
    """(HTML, content security policy). The reader's language comes first, the other below."""
    zh = f"<section lang='zh-CN'>{_ZH.format(development=_DEVELOPMENT['zh'] if development else '')}</section>"
    en = f"<section lang='en'>{_EN.format(development=_DEVELOPMENT['en'] if development else '')}</section>"
    first, second = (en, zh) if language == "en" else (zh, en)
    page = (
        f"<!doctype html><html lang='{language}'><head><meta charset='utf-8'>"
        "<meta name='viewport' content='width=device-width,initial-scale=1'><title>云帆 Yunfan</title>"
        f"<style>{_STYLE}</style></head><body>{first}{second}</body></html>"
    )
    return page, f"default-src 'none'; style-src {style_hash(_STYLE)}; frame-ancestors 'none'; base-uri 'none'"
