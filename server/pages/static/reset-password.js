import { ask, forgetToken, linkToken, onSubmit, sameTwice, step } from "./page.js";
import { RESET_PASSWORD } from "./operations.js";

const token = linkToken();

onSubmit(document.querySelector("form"), async (typed) => {
  await ask(RESET_PASSWORD, { input: { token, newPassword: sameTwice(typed) } });
  forgetToken();
  step("done");
});

if (!token) step("incomplete");
