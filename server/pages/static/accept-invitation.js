import { Refused, ask, choose, fill, forgetToken, linkToken, moment, onSubmit, say, secondFactor, step, tell, untell } from "./page.js";
import { deviceName } from "./device.js";
import { ACCEPT_INVITATION, INVITATION, REQUEST_SMS_CODE } from "./operations.js";
import { signOut } from "./sign-in.js";

const token = linkToken();
const form = document.querySelector("form");
const loading = document.querySelector('[data-step="loading"]');
const again = document.querySelector("#again");
let facts = [];

/** Reads the invitation; that uses nothing up. */
async function preview() {
  again.hidden = true;
  untell(loading);
  try {
    const { invitation } = await ask(INVITATION, { token });
    const { inviter, tenantName, sentTo, expiresAt, hasUser } = invitation;
    fill({ inviter, sentTo, tenant: tenantName, until: moment(expiresAt) });
    form.elements.name.value = invitation.name;
    facts = [hasUser ? "known" : "new", sentTo.includes("@") ? "email" : "phone"];
    choose(facts);
    step("form");
  } catch (wrong) {
    again.hidden = false;
    tell(loading, wrong);
  }
}

async function accept(typed) {
  const { name, password, code } = typed;
  const proof = code ? { code } : { password };
  try {
    const input = { token, name, deviceName, ...proof, ...secondFactor(typed) };
    const joined = await ask(ACCEPT_INVITATION, { input });
    forgetToken();
    step("done");
    await signOut(joined.acceptInvitation.token); // the person signs in where they work; this session would lie idle
  } catch (wrong) {
    if (wrong.code !== "SECOND_FACTOR_REQUIRED") throw wrong;
    choose([...facts, "second"], form);
    throw new Refused(wrong.code, say("second-factor"), "", "second");
  }
}

async function sendCode() {
  const button = document.querySelector("#send-code");
  const phone = form.elements.phone;
  if (!phone.value.trim()) {
    phone.focus();
    return;
  }
  button.disabled = true;
  untell(form);
  try {
    await ask(REQUEST_SMS_CODE, { input: { phone: phone.value, purpose: "accept_invitation" } });
    document.querySelector("#code-sent").hidden = false;
    form.elements.code.focus();
  } catch (wrong) {
    tell(form, wrong);
  } finally {
    button.disabled = false;
  }
}

onSubmit(form, accept);
again.addEventListener("click", preview);
document.querySelector("#send-code").addEventListener("click", sendCode);
if (token) preview();
else step("incomplete");
