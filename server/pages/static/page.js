// What every page shares: asking the API, showing its answer, and the token that stands behind `#`.
// All texts stand in the page; refusals bring their own sentences.

const root = document.documentElement.dataset.root;
export const language = document.documentElement.lang;

/** A "no" from the API, or from here: code, sentence, remedy, and the name of the input it is about. */
export class Refused extends Error {
  constructor(code, sentence, remedy = "", field = null) {
    super(sentence);
    Object.assign(this, { code, remedy, field });
  }
}

/** The data of one operation. Throws Refused. */
export async function ask(query, variables = {}, bearer = null, keepalive = false) {
  const headers = { "Content-Type": "application/json", "Accept-Language": language };
  if (bearer) headers.Authorization = `Bearer ${bearer}`;
  let answer;
  try {
    const sent = { method: "POST", headers, body: JSON.stringify({ query, variables }), credentials: "omit", keepalive };
    answer = await (await fetch(`${root}graphql`, sent)).json();
  } catch {
    throw new Refused("UNREACHABLE", say("unreachable"), say("unreachable-remedy"));
  }
  if (answer.errors?.length || !answer.data) {
    // The API's own form, or that of a server that is just stopping.
    const { message, extensions, code, field, remedy } = answer.errors?.[0] ?? answer;
    const about = extensions?.field ?? field;
    throw new Refused(extensions?.code ?? code, message, extensions?.remedy ?? remedy, about?.split(".").pop());
  }
  return answer.data;
}

/** The token of the link, or null. What a mail program appended to the address is left out. */
export function linkToken() {
  return location.hash.match(/^#token=(yf_[a-z]{1,8}_[0-9A-Za-z]{49})(?![0-9A-Za-z])/)?.[1] ?? null;
}

/** After use: neither the address bar nor the history keeps the token. */
export function forgetToken() {
  history.replaceState(null, "", location.pathname + location.search);
}

export function say(name) {
  return document.querySelector(`[data-say="${name}"]`).textContent;
}

/** Shows one step of the page and hides the others. */
export function step(name) {
  for (const section of document.querySelectorAll("[data-step]")) section.hidden = section.dataset.step !== name;
  document.querySelector(`[data-step="${name}"] h2`)?.focus();
}

export function fill(slots, within = document) {
  for (const [name, text] of Object.entries(slots)) {
    for (const slot of within.querySelectorAll(`[data-slot="${name}"]`)) slot.textContent = text;
  }
}

/** Shows what is meant for these facts only. What is hidden is not sent either. */
export function choose(facts, within = document) {
  for (const part of within.querySelectorAll("[data-if]")) {
    part.hidden = part.disabled = !part.dataset.if.split(" ").every((fact) => facts.includes(fact));
  }
}

/** Does the work when the form is sent: once at a time, and with what was refused told beside it. */
export function onSubmit(form, work) {
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (form.getAttribute("aria-busy") === "true") return;
    form.setAttribute("aria-busy", "true");
    untell(form);
    try {
      await work(typed(form));
    } catch (wrong) {
      tell(form, wrong);
    } finally {
      form.removeAttribute("aria-busy");
    }
  });
}

/** What the person filled in, without what was left empty. */
function typed(form) {
  return Object.fromEntries([...new FormData(form)].filter(([, value]) => value !== ""));
}

export function untell(place) {
  place.querySelector("[role=alert]").textContent = "";
  for (const input of place.querySelectorAll("[aria-invalid]")) input.removeAttribute("aria-invalid");
}

/** A refusal that ends the story has a step of its own; any other is told where it happened. */
export function tell(place, wrong) {
  if (!(wrong instanceof Refused)) throw wrong;
  const words = [wrong.message, wrong.remedy].filter(Boolean).join(language === "en" ? " " : "");
  const ending = document.querySelector(`[data-when~="${wrong.code}"]`);
  if (ending) {
    fill({ refusal: words }, ending);
    step(ending.dataset.step);
    return;
  }
  const alert = place.querySelector("[role=alert]");
  alert.textContent = words;
  alert.scrollIntoView({ block: "nearest" });
  const about = wrong.code === "SECOND_FACTOR_REFUSED" ? "second" : wrong.field;
  const input = [...(place.elements ?? [])].find((known) => known.name === about && !known.matches(":disabled"));
  if (input) {
    input.setAttribute("aria-invalid", "true");
    input.focus();
  }
}

/** Throws Refused unless the new password was typed twice alike. */
export function sameTwice({ newPassword, repeat }) {
  if (newPassword !== repeat) throw new Refused("MISMATCH", say("mismatch"), "", "repeat");
  return newPassword;
}

/** An authenticator's code has six digits; anything else is a recovery code. */
export function secondFactor({ second }) {
  if (!second) return {};
  const digits = second.replace(/\s/g, "");
  return /^\d{6}$/.test(digits) ? { totp: digits } : { recoveryCode: second.trim() };
}

export function moment(text) {
  return new Date(text).toLocaleString(language, { dateStyle: "medium", timeStyle: "short" });
}

for (const button of document.querySelectorAll("form button")) button.disabled = false;
for (const box of document.querySelectorAll("[data-shows-passwords]")) {
  const inputs = box.form.querySelectorAll("input[type=password]");
  box.addEventListener("change", () => inputs.forEach((input) => (input.type = box.checked ? "text" : "password")));
}
const other = document.querySelector("#language");
other.addEventListener("click", () => (other.hash = location.hash));
addEventListener("hashchange", () => location.reload()); // another link, opened in the same tab
