import { ask, fill, moment, onSubmit, say, step, tell, untell } from "./page.js";
import { readable } from "./device.js";
import { REVOKE_SESSION, SESSIONS } from "./operations.js";
import { signIn, signOut } from "./sign-in.js";

const form = document.querySelector("form");
const shown = document.querySelector('[data-step="list"]');
let token = null;

async function list() {
  const { sessions } = await ask(SESSIONS, {}, token);
  document.querySelector("#sessions").replaceChildren(...sessions.map(line));
}

function line(session) {
  const item = document.querySelector("#session").content.cloneNode(true).firstElementChild;
  const device = readable(session.deviceName || say("unnamed"));
  fill({ device, tenant: session.tenantName, address: session.address ?? "—", seen: moment(session.lastSeenAt) }, item);
  item.querySelector("time").dateTime = session.lastSeenAt;
  item.querySelector(".mark").hidden = !session.current;
  const button = item.querySelector("button");
  button.hidden = session.current;
  button.setAttribute("aria-label", `${button.textContent} ${device}`);
  button.addEventListener("click", () => end({ id: session.id }));
  return item;
}

async function end(which) {
  untell(shown);
  fill({ ended: "" });
  try {
    await ask(REVOKE_SESSION, { input: which }, token);
    await list();
    fill({ ended: say("ended") });
  } catch (wrong) {
    tell(shown, wrong);
  }
}

async function leave() {
  const ended = token;
  token = null;
  document.querySelector("#sessions").replaceChildren();
  step("left");
  await signOut(ended);
}

onSubmit(form, async (typed) => {
  token = await signIn(form, typed);
  form.reset();
  await list();
  step("list");
});
document.querySelector("#others").addEventListener("click", () => end({ allOthers: true }));
document.querySelector("#leave").addEventListener("click", leave);
addEventListener("pagehide", () => token && signOut(token)); // nobody holds the token any more
