/** The same promises in Firefox: loads, opens without a server, keeps what is entered, sends it once. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Firefox, firefoxPath } from "../support/firefox.ts";
import { Asked } from "../support/graphql.ts";
import { DEMO } from "../support/yunfan_server.ts";
import { expect, test } from "./stage.ts";

const PHASE = (rest: string) => `document.querySelector("[data-sync-phase=ready]${rest}") !== null`;

test.skip(({ isMobile }) => isMobile, "one Firefox");
test.setTimeout(240_000);

test("Firefox: signed in, edited offline, closed, reconciled @long", async ({ server }) => {
  const path = firefoxPath();
  if (path === null) throw new Error("no Firefox found: run `make browser`, or set YUNFAN_FIREFOX");
  const admin = await Asked.as(server.url, DEMO.admin);
  const rep = await Asked.as(server.url, DEMO.rep);
  const customer = "{ edges { node { id version phone address } } }";
  const [before] = await rep.nodes<{ id: string }>(`customers(first: 1, orderBy: [{field: NAME, direction: DESC}]) ${customer}`);
  const id = before?.id ?? "";
  const profile = mkdtempSync(join(tmpdir(), "yunfan-firefox-"));
  writeFileSync(join(profile, "user.js"), 'user_pref("intl.accept_languages", "zh-CN");');
  let firefox = await Firefox.start(path, profile);
  try {
    await firefox.go(server.url);
    await firefox.type("input[name=identifier]", DEMO.rep.identifier);
    await firefox.type("input[name=password]", DEMO.rep.password);
    await firefox.press("form button[type=submit]");
    await firefox.until(PHASE("[data-sync-pending='0']"));
    await firefox.until('document.querySelector("[data-app-kept=true]") !== null');

    await server.stop();
    await firefox.until(PHASE("[data-sync-online=false]"));
    await firefox.go(`${server.url}/list/customers`);
    await firefox.until(`document.querySelectorAll("main [data-row-id]").length > 3`);
    await firefox.go(`${server.url}/edit/customers/${id}`);
    const phone = `document.querySelector("main input[inputmode=tel]")`;
    await firefox.until(`${phone} !== null`);
    await firefox.value(`void ${phone}.setAttribute("data-phone", "")`);
    await firefox.type("[data-phone]", "0571-66660000");
    await firefox.pressWords("保存");
    await firefox.until(PHASE("[data-sync-pending='1']"));
    await firefox.close();

    firefox = await Firefox.start(path, profile);
    await firefox.go(`${server.url}/customers/${id}`);
    await firefox.until(`document.querySelector("main").innerText.includes("0571-66660000")`);
    await server.start();
    await admin.ask("mutation($input: EditCustomerInput!) { editCustomer(input: $input) { id } }", { input: { id, address: "解放碑 8 号" } });
    await firefox.until(PHASE("[data-sync-pending='0'][data-sync-online=true]"));
    await firefox.until(`document.querySelector("main").innerText.includes("解放碑 8 号")`);
  } finally {
    await firefox.close();
    rmSync(profile, { recursive: true, force: true });
  }
  const [after] = await admin.nodes(`customers(first: 1, filter: {id: {eq: $id}}) ${customer}`, { id }, "($id: ID!)");
  expect(after).toMatchObject({ id, phone: "+8657166660000", address: "解放碑 8 号" });
});
