"""A page to try operations on, served in development only. It loads nothing from elsewhere."""

from __future__ import annotations

PAGE = """<!doctype html>
<html lang="zh-CN"><head><meta charset="utf-8"><title>Yunfan GraphQL</title>
<style>
body{font:14px/1.5 system-ui,sans-serif;margin:0;display:grid;grid-template-columns:1fr 1fr;height:100vh}
form,output{display:flex;flex-direction:column;gap:8px;padding:12px;box-sizing:border-box;min-width:0}
textarea,pre{font:13px/1.5 ui-monospace,monospace;border:1px solid #ccd;border-radius:6px;padding:8px;margin:0}
textarea[name=query]{flex:1}textarea[name=variables]{height:20%}pre{flex:1;overflow:auto;background:#f7f8fa}
input,button{font:inherit;padding:6px 10px;border:1px solid #ccd;border-radius:6px}button{background:#1677ff;color:#fff}
</style></head><body>
<form><input name="token" placeholder="token (signIn)" autocomplete="off">
<textarea name="query" spellcheck="false">{ customers(first: 10) { totalCount edges { node { id name } } } }</textarea>
<textarea name="variables" spellcheck="false">{}</textarea><button>运行 / Run (Ctrl+Enter)</button></form>
<output><pre></pre></output>
<script>
const form = document.forms[0], shown = document.querySelector("pre");
form.addEventListener("submit", async event => {
  event.preventDefault();
  const headers = {"Content-Type": "application/json"};
  if (form.token.value) headers.Authorization = "Bearer " + form.token.value;
  try {
    const body = JSON.stringify({query: form.query.value, variables: JSON.parse(form.variables.value || "{}")});
    const answer = await fetch("/graphql", {method: "POST", headers, body});
    shown.textContent = JSON.stringify(await answer.json(), null, 2);
  } catch (wrong) { shown.textContent = String(wrong); }
});
form.addEventListener("keydown", event => { if (event.ctrlKey && event.key === "Enter") form.requestSubmit(); });
</script></body></html>
"""
