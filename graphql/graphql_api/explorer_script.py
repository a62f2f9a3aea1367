"""What the API explorer runs in the browser: lists the operations of the schema, writes templates, asks and shows."""

from __future__ import annotations

SCRIPT = r"""
"use strict";
const byId = name => document.getElementById(name);
const english = !(navigator.language || "zh").toLowerCase().startsWith("zh");
if (english) {
  document.documentElement.lang = "en";
  for (const found of document.querySelectorAll("[data-en]")) found.textContent = found.dataset.en;
}
const say = (zh, en) => english ? en : zh;
const QUERY = `query Explorer { __schema { queryType { name } mutationType { name } subscriptionType { name }
  types { kind name description enumValues { name } inputFields { name description type { ...T } }
    fields { name description args { name description type { ...T } } type { ...T } } } } }
fragment T on __Type { kind name ofType { kind name ofType { kind name ofType { kind name } } } }`;
let types = new Map(), operations = [];

async function ask(query, variables) {
  const headers = {"Content-Type": "application/json", "Accept-Language": english ? "en" : "zh-CN"};
  const token = byId("token").value.trim();
  if (token) headers.Authorization = "Bearer " + token;
  const answer = await fetch("/graphql", {method: "POST", headers, body: JSON.stringify({query, variables})});
  return answer.json();
}

const named = type => type.ofType ? named(type.ofType) : types.get(type.name);
const spelt = type => type.kind === "NON_NULL" ? spelt(type.ofType) + "!"
  : type.kind === "LIST" ? "[" + spelt(type.ofType) + "]" : type.name;
const isLeaf = type => type.kind === "SCALAR" || type.kind === "ENUM";
const isRequired = given => given.type.kind === "NON_NULL";
const capital = text => text[0].toUpperCase() + text.slice(1);

function sample(given) {
  const type = named(given.type);
  let value = type.kind === "INPUT_OBJECT" ? samples(type.inputFields)
    : type.kind === "ENUM" ? type.enumValues[0].name
    : ["Int", "Float"].includes(type.name) ? 0 : type.name === "Boolean" ? false
    : type.name === "JSON" ? {} : "";
  return spelt(given.type).startsWith("[") ? [value] : value;
}
const samples = all => Object.fromEntries(all.filter(isRequired).map(given => [given.name, sample(given)]));

function selection(type, depth, indent) {
  if (isLeaf(type)) return "";
  const open = field => !field.args.some(isRequired);
  const fields = (type.fields || []).filter(open);
  const lines = fields.filter(field => isLeaf(named(field.type))).map(field => field.name);
  const list = type.name.endsWith("Connection");
  for (const field of fields.filter(found => !isLeaf(named(found.type)))) {
    const inner = named(field.type);
    const wanted = list ? ["nodes", "pageInfo"].includes(field.name) : !types.has(inner.name + "Connection");
    if (depth < 2 && wanted && !inner.name.endsWith("Connection")) {
      lines.push(field.name + selection(inner, depth + 1, indent + "  "));
    }
  }
  if (!lines.length) lines.push("__typename");
  return " {\n" + lines.map(line => indent + "  " + line + "\n").join("") + indent + "}";
}

function template(found) {
  const given = found.field.args.filter(arg => isRequired(arg) || (arg.name === "first" && found.kind === "query"));
  const declared = given.map(arg => "$" + arg.name + ": " + spelt(arg.type)).join(", ");
  const passed = given.map(arg => arg.name + ": $" + arg.name).join(", ");
  const head = found.kind + " " + capital(found.field.name) + (declared ? "(" + declared + ")" : "");
  const call = found.field.name + (passed ? "(" + passed + ")" : "");
  byId("query").value = head + " {\n  " + call + selection(named(found.field.type), 0, "  ") + "\n}";
  const values = Object.fromEntries(given.map(arg => [arg.name, arg.name === "first" ? 10 : sample(arg)]));
  byId("variables").value = JSON.stringify(values, null, 2);
}

function shape(found) {
  const lines = [found.field.name, found.field.description || "", ""];
  const tell = (given, indent) => {
    lines.push(indent + given.name + ": " + spelt(given.type) + (given.description ? "   # " + given.description : ""));
    const type = named(given.type);
    const opens = type.kind === "INPUT_OBJECT" && !/(Filter|Order)$/.test(type.name);
    if (opens) for (const field of type.inputFields) tell(field, indent + "  ");
  };
  for (const given of found.field.args) tell(given, "");
  lines.push("", "→ " + spelt(found.field.type));
  const type = named(found.field.type);
  for (const field of type.fields || []) lines.push("  " + field.name + ": " + spelt(field.type));
  byId("shape").textContent = lines.join("\n");
}

function show() {
  const wanted = byId("wanted").value.trim().toLowerCase();
  const titles = {query: say("查询", "Queries"), mutation: say("变更", "Mutations"),
    subscription: say("订阅（WebSocket）", "Subscriptions (WebSocket)")};
  const list = byId("list");
  list.replaceChildren();
  let last = "";
  for (const found of operations) {
    const about = found.field.description || "";
    if (!(found.field.name + " " + about).toLowerCase().includes(wanted)) continue;
    if (found.kind !== last) {
      list.append(Object.assign(document.createElement("h2"), {textContent: titles[found.kind]}));
      last = found.kind;
    }
    const button = Object.assign(document.createElement("button"), {type: "button", textContent: found.field.name});
    button.append(Object.assign(document.createElement("small"), {textContent: about}));
    button.addEventListener("click", () => { template(found); shape(found); byId("query").focus(); });
    list.append(button);
  }
  if (!last) list.textContent = say("没有匹配的操作。", "No operation matches.");
}

async function load() {
  try {
    const answer = await ask(QUERY, {});
    if (!answer.data) throw new Error(answer.errors[0].message);
    const schema = answer.data.__schema;
    types = new Map(schema.types.map(type => [type.name, type]));
    for (const kind of ["query", "mutation", "subscription"]) {
      const root = schema[kind + "Type"] && types.get(schema[kind + "Type"].name);
      for (const field of root ? root.fields : []) operations.push({kind, field});
    }
    show();
  } catch (wrong) {
    byId("list").textContent = say("无法读取接口定义：", "The schema could not be read: ") + wrong.message;
  }
}

byId("asked").addEventListener("submit", async event => {
  event.preventDefault();
  const shown = byId("answer");
  let variables;
  try { variables = JSON.parse(byId("variables").value || "{}"); }
  catch (wrong) {
    shown.textContent = say("变量不是有效的 JSON：", "The variables are no valid JSON: ") + wrong.message;
    return;
  }
  shown.textContent = say("请稍候…", "Please wait…");
  try { shown.textContent = JSON.stringify(await ask(byId("query").value, variables), null, 2); }
  catch (wrong) { shown.textContent = say("没有得到应答：", "There was no answer: ") + wrong.message; }
});
byId("asked").addEventListener("keydown", event => {
  if ((event.ctrlKey || event.metaKey) && event.key === "Enter") byId("asked").requestSubmit();
});
byId("wanted").addEventListener("input", show);
load();
"""
