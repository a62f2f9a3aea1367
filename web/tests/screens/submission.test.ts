/** Whoever has decided is told when that takes effect, as it is on this device now. */
import { expect, test } from "vitest";
import { submission } from "~/screens/inbox/submission";
import { TEXTS } from "~/screens/inbox/texts";
import { inLanguage } from "~/values/words";

const CONNECTED = { online: true, trouble: null, nextAttemptAt: null, syncing: false };
const TROUBLE = { code: "X", message: "", remedy: "" };

test.each([
  ["connected", CONNECTED, "“改电话”已处理，正在提交，随即生效。", "“改电话” is decided; being submitted now, in effect at once."],
  ["without a network", { ...CONNECTED, online: false }, "“改电话”已处理，联网后生效。", "“改电话” is decided; in effect with the next contact."],
  ["the server takes nothing", { ...CONNECTED, trouble: TROUBLE }, "“改电话”已处理，同步恢复后自动提交。", "“改电话” is decided; submitted by itself once sync works again."],
  ["without a network, after trouble", { ...CONNECTED, online: false, trouble: TROUBLE }, "“改电话”已处理，联网后生效。", "“改电话” is decided; in effect with the next contact."],
  ["the server made it wait", { ...CONNECTED, nextAttemptAt: "2026-03-02T01:30:00Z" }, "“改电话”已处理，同步恢复后自动提交。", "“改电话” is decided; submitted by itself once sync works again."],
])("%s", (_, status, zh, en) => {
  const told = (language: "zh-CN" | "en"): string => {
    const t = inLanguage(TEXTS, language);
    return t.decided("改电话", t[submission(status)]);
  };
  expect(told("zh-CN")).toBe(zh);
  expect(told("en")).toBe(en);
});

test("several are told alike", () => {
  const t = inLanguage(TEXTS, "en");
  expect(t.decidedMany(3, t[submission(CONNECTED)])).toBe("3 entries decided; being submitted now, in effect at once.");
});
