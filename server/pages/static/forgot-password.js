import { ask, fill, onSubmit, sameTwice, step } from "./page.js";
import { REQUEST_PASSWORD_RESET, RESET_PASSWORD } from "./operations.js";

let phone = null;

onSubmit(document.querySelector("#ask"), async ({ identifier }) => {
  await ask(REQUEST_PASSWORD_RESET, { input: { identifier } });
  phone = identifier.includes("@") ? null : identifier;
  fill({ identifier });
  step(phone ? "texted" : "mailed");
});

onSubmit(document.querySelector("#set"), async (typed) => {
  await ask(RESET_PASSWORD, { input: { phone, code: typed.code, newPassword: sameTwice(typed) } });
  step("done");
});

for (const back of document.querySelectorAll("[data-back]")) {
  back.addEventListener("click", () => {
    step("form");
    document.querySelector("#identifier").focus();
  });
}
