"""The API explorer, a page to try operations on, served in development only. It loads nothing from elsewhere."""

from __future__ import annotations

import base64
import hashlib

from graphql_api.explorer_script import SCRIPT

_STYLE = (
    "body{font:14px/1.5 system-ui,'PingFang SC','Microsoft YaHei',sans-serif;margin:0;height:100vh;display:grid;"
    "grid-template-columns:20rem 1fr 1fr;color:#1d2733}"
    "nav,form,section{display:flex;flex-direction:column;gap:8px;padding:12px;box-sizing:border-box;min-width:0;"
    "min-height:0;height:100vh}nav{background:#f7f8fa;border-right:1px solid #dde3ea}"
    "h1{font-size:16px;margin:0}h2{font-size:12px;margin:8px 0 2px;color:#5b6875}label{display:block;color:#5b6875}"
    "input,button{font:inherit;padding:6px 10px;border:1px solid #c5ced8;border-radius:6px;box-sizing:border-box}"
    "label input{display:block;width:100%;color:#1d2733}"
    "textarea,pre{font:13px/1.5 ui-monospace,monospace;border:1px solid #c5ced8;border-radius:6px;padding:8px;"
    "margin:0;box-sizing:border-box;width:100%;resize:none}"
    "label.grow{flex:1;display:flex;flex-direction:column}label.grow textarea{flex:1}#variables{height:22vh}"
    "pre{flex:1;overflow:auto;background:#f7f8fa;white-space:pre-wrap;overflow-wrap:anywhere}"
    "#list{flex:1;overflow:auto}#list button{display:block;width:100%;text-align:left;border:0;background:none;"
    "padding:4px 6px;color:#1d2733}#list button:hover,#list button:focus{background:#e6eef8}"
    "#list small{display:block;color:#5b6875}form>button{background:#0b5cad;color:#fff}"
    "#shape{flex:none;max-height:38vh}@media(max-width:60rem){body{display:block}nav,form,section{height:auto}"
    "#list{max-height:40vh}textarea{min-height:12rem}}"
)
PAGE = f"""<!doctype html>
<html lang="zh-CN"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<title>接口调试页 API explorer</title><style>{_STYLE}</style></head><body>
<nav><h1 data-en="API explorer">接口调试页</h1>
<label><span data-en="Search operations">搜索操作</span><input id="wanted" type="search" autocomplete="off"></label>
<div id="list" aria-live="polite"></div></nav>
<form id="asked"><label>
<span data-en="Token (answered by signIn or signUp)">令牌（signIn 或 signUp 返回的 token）</span>
<input id="token" autocomplete="off" spellcheck="false"></label>
<label class="grow"><span data-en="Operation">操作</span><textarea id="query" spellcheck="false"></textarea></label>
<label><span data-en="Variables (JSON)">变量（JSON）</span>
<textarea id="variables" spellcheck="false">{{}}</textarea></label>
<button data-en="Run (Ctrl+Enter)">运行（Ctrl+Enter）</button></form>
<section><h2 data-en="Shape">参数与返回结构</h2><pre id="shape"></pre>
<h2 data-en="Answer">应答</h2><pre id="answer" aria-live="polite"></pre></section>
<script>{SCRIPT}</script></body></html>
"""


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


# Only these very texts run and style; the page talks to its own server alone.
POLICY = (
    f"default-src 'none'; script-src {_hash(SCRIPT)}; style-src {_hash(_STYLE)}; connect-src 'self'; "
    "frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
)
