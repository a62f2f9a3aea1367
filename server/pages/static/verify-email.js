import { ask, forgetToken, linkToken, onSubmit, step } from "./page.js";
import { EMAIL_VERIFIED, SEND_VERIFICATION, VERIFY_EMAIL } from "./operations.js";
import { signIn, signOut } from "./sign-in.js";

const token = linkToken();
const resend = document.querySelector("#resend");

onSubmit(document.querySelector("form"), async () => {
  await ask(VERIFY_EMAIL, { input: { token } });
  forgetToken();
  step("done");
});

onSubmit(resend, async (typed) => {
  const session = await signIn(resend, typed);
  try {
    const { me } = await ask(EMAIL_VERIFIED, {}, session);
    if (!me.emailVerified) await ask(SEND_VERIFICATION, {}, session);
    step(me.emailVerified ? "already" : "sent");
  } finally {
    await signOut(session);
  }
});

if (!token) step("incomplete");
