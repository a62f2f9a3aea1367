/** Who may open what, when: PINs, time without the server, sealed keys. No browser. */
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { versionOf } from "../../scripts/app_version_plugin";
import { isNewer, isServedBy } from "../../src/device/app_version";
import { machineOf, systemVersion, systemVersionOf } from "../../src/device/machine";
import { admit, isUsable, MOST_WRONG, NO_ATTEMPTS } from "../../src/device/pin";
import { keyOfPin, newAccountKey, newDeviceKey, randomBytes, relock, seal, unlock, unseal } from "../../src/device/sealing";
import { heard, isIdle, mayGoOn, mayStay, newStay, noted, staysUntil, touched } from "../../src/device/stay";
import { isServerPath } from "../../src/sw/server_paths";

const HOUR = 3_600_000;
const NOW = Date.UTC(2026, 2, 2);

test("without a word of the server, and where the company allows none, nothing opens", () => {
  expect(mayStay(newStay(NOW), NOW)).toBe(false);
  expect(mayStay(heard(newStay(NOW), 0, null, NOW), NOW)).toBe(false);
  expect(staysUntil(heard(newStay(NOW), 0, null, NOW))).toBeNull();
});

test("the time without the server ends, and a clock that is set back brings none of it back", () => {
  const stay = heard(newStay(NOW), 72, null, NOW);
  expect(mayStay(stay, NOW + 72 * HOUR)).toBe(true);
  expect(mayStay(stay, NOW + 72 * HOUR + 1)).toBe(false);
  const seen = noted(stay, NOW + 73 * HOUR);
  expect(mayStay(seen, NOW)).toBe(false);
  expect(mayStay(noted(seen, NOW - HOUR), NOW - HOUR)).toBe(false);
  expect(mayStay(heard(seen, 72, null, NOW), NOW)).toBe(true);
});

test("an app that runs does not outlast the company's time, only a gap in the network", () => {
  const MINUTE = 60_000;
  const allowed = heard(newStay(NOW), 72, null, NOW);
  expect(mayGoOn(allowed, NOW, NOW + 72 * HOUR + 1)).toBe(false);
  expect(mayGoOn(noted(allowed, NOW + 73 * HOUR), NOW, NOW)).toBe(false);
  expect(mayGoOn(allowed, NOW, NOW + 72 * HOUR)).toBe(true);
  const onlineOnly = heard(newStay(NOW), 0, null, NOW);
  expect(mayGoOn(onlineOnly, NOW, NOW + 15 * MINUTE + 1)).toBe(false);
  expect(mayGoOn(onlineOnly, NOW, NOW + 15 * MINUTE)).toBe(true);
  expect(mayGoOn(newStay(NOW), NOW, NOW + 16 * MINUTE)).toBe(false);
});

test("what nobody touches locks after the company's minutes, whatever the clock says then", () => {
  const MINUTE = 60_000;
  const stay = touched(heard(newStay(NOW), 72, 30, NOW), NOW);
  expect(isIdle(stay, NOW + 30 * MINUTE + 1)).toBe(true);
  expect(isIdle(noted(stay, NOW + 31 * MINUTE), NOW)).toBe(true);
  expect(isIdle(touched(stay, NOW + 20 * MINUTE), NOW + 45 * MINUTE)).toBe(false);
  expect(isIdle(stay, NOW + 30 * MINUTE)).toBe(false);
  expect(isIdle({ hours: 72, contactAt: NOW, seenAt: NOW }, NOW + 1_000 * HOUR)).toBe(false);
});

test("PINs: too short, too soon, too often", () => {
  expect(isUsable("123")).toBe(false);
  expect(isUsable("12345")).toBe(false);
  expect(isUsable("123456")).toBe(true);
  let [attempts, now] = [NO_ATTEMPTS, NOW];
  for (let wrong = 1; wrong <= MOST_WRONG; wrong += 1) {
    const admission = admit(attempts, now);
    if (!admission.admitted) throw new Error(`attempt ${wrong}: ${admission.code}`);
    attempts = admission.attempts;
    if (wrong < MOST_WRONG) expect(admit(attempts, now)).toEqual({ admitted: false, code: "PIN_TOO_SOON" });
    now = attempts.notBefore;
  }
  expect(admit(attempts, now + 1_000 * HOUR)).toEqual({ admitted: false, code: "PIN_LOCKED" });
});

test("a clock that was set back locks nobody out for long", () => {
  const { attempts } = admit(NO_ATTEMPTS, NOW) as { attempts: typeof NO_ATTEMPTS };
  expect(admit(attempts, NOW - 1_000 * HOUR)).toMatchObject({ admitted: true, attempts: { wrong: 2 } });
});

test("a sealed box opens with its key at its place alone", async () => {
  const [key, other] = [await newDeviceKey(), await newDeviceKey()];
  const sealed = await seal(key, new TextEncoder().encode("token"), "a/token");
  expect(await unseal(other, sealed, "a/token")).toBeNull();
  expect(await unseal(key, sealed, "b/token")).toBeNull();
  const changed = new Uint8Array(sealed.box.slice(0));
  changed[0] = (changed[0] ?? 0) ^ 1;
  expect(await unseal(key, { ...sealed, box: changed.buffer }, "a/token")).toBeNull();
  expect(new TextDecoder().decode((await unseal(key, sealed, "a/token")) ?? new ArrayBuffer())).toBe("token");
});

test("an account's key under a PIN opens with that PIN on that device, and changes its lock for whoever has it", async () => {
  const [deviceKey, salt] = [await newDeviceKey(), randomBytes(16)];
  const [right, wrong] = [await keyOfPin("2468", salt, 1_000), await keyOfPin("2469", salt, 1_000)];
  const { accountKey, sealed: bare } = await newAccountKey("t.m", deviceKey);
  const sealed = await relock("t.m", bare, deviceKey, null, right);
  if (sealed === null) throw new Error("a new account's key does not open");
  expect(await unlock("t.m", sealed, deviceKey, null)).toBeNull();
  expect(await unlock("t.m", sealed, deviceKey, wrong)).toBeNull();
  expect(await unlock("t.m", sealed, await newDeviceKey(), right)).toBeNull();
  expect(await unlock("t.other", sealed, deviceKey, right)).toBeNull();
  expect(await relock("t.m", sealed, deviceKey, wrong, null)).toBeNull();
  const opened = await unlock("t.m", sealed, deviceKey, right);
  if (opened === null) throw new Error("the right PIN does not open");
  const token = await seal(accountKey, new TextEncoder().encode("token"), "t.m/token");
  expect(new TextDecoder().decode((await unseal(opened, token, "t.m/token")) ?? new ArrayBuffer())).toBe("token");
});

test("no key leaves in any form", async () => {
  const deviceKey = await newDeviceKey();
  const { accountKey, sealed } = await newAccountKey("t.m", deviceKey);
  const opened = await unlock("t.m", sealed, deviceKey, null);
  for (const key of [deviceKey, accountKey, opened]) {
    if (key === null) throw new Error("a new account's key does not open");
    await expect(crypto.subtle.exportKey("raw", key)).rejects.toThrow();
  }
});

test("who may work with whom, and who makes way", () => {
  const app = { calls: 2, callsSince: 1, layout: 1, schema: 3 };
  expect(isServedBy({ ...app, calls: 3 }, app)).toBe(false);
  expect(isServedBy({ ...app, calls: 1 }, { ...app, callsSince: 2 })).toBe(false);
  expect(isServedBy({ ...app, calls: 1 }, app)).toBe(true);
  expect(isNewer(app, app)).toBe(false);
  expect(isNewer({ ...app, layout: 2, schema: 1 }, app)).toBe(true);
  expect(isNewer({ ...app, schema: 2, calls: 9 }, app)).toBe(false);
});

test("paths of the server by whole names", () => {
  expect(isServerPath("/synchronise")).toBe(false);
  expect(isServerPath("/settings")).toBe(false);
  expect(isServerPath("/settings/sessions")).toBe(true);
  expect(isServerPath("/sync/v1/pull")).toBe(true);
});

test("what a device is called", () => {
  expect(machineOf("nonsense").name).toBe("Web");
  expect(machineOf("Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/151.0.0.0 Safari/537.36 Edg/151.0").name).toBe("Edge 151, Windows");
  expect(machineOf("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Mobile Safari/604.1").name).toBe("Safari 18, iPhone");
});

test("which version of its system a device runs, where its browser tells", async () => {
  const chrome = (system: string): string => `Mozilla/5.0 (${system}) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/151.0.0.0 Safari/537.36`;
  const frozen = ["Windows NT 10.0; Win64; x64", "Macintosh; Intel Mac OS X 10_15_7", "Linux; Android 10; K", "X11; Linux x86_64", "X11; CrOS x86_64 14541.0.0"];
  for (const system of frozen) expect(systemVersionOf(chrome(system))).toBeNull();
  expect(systemVersionOf("Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15; rv:151.0) Gecko/20100101 Firefox/151.0")).toBeNull();
  expect(systemVersionOf("Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.1 Mobile/15E148 Safari/604.1")).toBeNull();
  expect(systemVersionOf(chrome("Windows NT 6.1; Win64"))).toBe("7");
  expect(systemVersionOf(chrome("Linux; Android 14; SM-S9210"))).toBe("14");
  expect(systemVersionOf(chrome("Phone; OpenHarmony 5.0"))).toBe("5.0");
  expect(systemVersionOf(chrome("Linux; Android 12; HarmonyOS; NOH-AN00"))).toBeNull();
  expect(systemVersionOf("Mozilla/5.0 (iPhone; CPU iPhone OS 18_1_2 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Mobile Safari/604.1")).toBe("18.1.2");
  const hinted = (platform: string, platformVersion?: string) => systemVersion({ userAgent: chrome(frozen[0] ?? ""), userAgentData: { platform, getHighEntropyValues: async () => (platformVersion === undefined ? {} : { platformVersion }) } });
  expect(await hinted("Windows", "")).toBeNull();
  expect(await hinted("Windows", "0.0.0")).toBeNull();
  expect(await hinted("Linux")).toBeNull();
  expect(await hinted("Windows", "15.0.0")).toBe("11");
  expect(await hinted("Windows", "10.0.0")).toBe("10");
  expect(await hinted("macOS", "15.5.0")).toBe("15.5");
  expect(await systemVersion({ userAgent: chrome(frozen[0] ?? "") })).toBeNull();
});

test("another source is another version", async () => {
  const root = await mkdtemp(join(tmpdir(), "yunfan-web-"));
  for (const folder of ["src/device", "public", "scripts"]) await mkdir(join(root, folder), { recursive: true });
  for (const name of ["index.html", "package-lock.json", "tsconfig.json", "vite.config.ts", ".npmrc", "src/device/a.ts"]) await writeFile(join(root, name), name);
  await expect(versionOf(root)).rejects.toThrow("package.json");
  await writeFile(join(root, "package.json"), '{"version":"2.3.4"}');
  const first = await versionOf(root);
  expect(first).toMatch(/^2\.3\.4\+[0-9a-f]{8}$/);
  expect(await versionOf(root)).toBe(first);
  await writeFile(join(root, "src/device/a.ts"), "changed");
  expect(await versionOf(root)).not.toBe(first);
  await rm(root, { recursive: true });
});
