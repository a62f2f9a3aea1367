// Signing in for as long as a page is open: the token stays in its memory.
import { Refused, ask, choose, say, secondFactor } from "./page.js";
import { deviceName } from "./device.js";
import { SIGN_IN, SIGN_OUT } from "./operations.js";

/** The token of a new session. Throws Refused; asks for the second factor where there is one. */
export async function signIn(form, typed) {
  const { identifier, password } = typed;
  const input = { identifier, password, deviceName, ...secondFactor(typed) };
  const { signIn: found } = await ask(SIGN_IN, { input });
  if (found.totpRequired) {
    choose(["second"], form);
    throw new Refused("SECOND_FACTOR_REQUIRED", say("second-factor"), "", "second");
  }
  return found.token;
}

/** Ends the session, also while the page is being closed. Nobody holds the token after that, whatever the answer. */
export async function signOut(token) {
  await ask(SIGN_OUT, {}, token, true).catch((wrong) => console.info("signOut:", wrong.code));
}
