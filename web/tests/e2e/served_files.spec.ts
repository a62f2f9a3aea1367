/** How a file comes to a browser: to whoever may, to be saved, from a place of its own. */
import { Asked } from "../support/graphql.ts";
import { DEMO } from "../support/yunfan_server.ts";
import { enter, visit } from "./demo.ts";
import { expect, synced, test } from "./stage.ts";

interface Attached {
  readonly id: string;
  readonly fileName: string;
}

test("a file is served to a browser as something to save, never as a page @desk", async ({ newDevice, server }) => {
  const rep = await Asked.as(server.url, DEMO.rep);
  const [customer] = await rep.nodes<{ id: string }>("customers(first: 1) { edges { node { id } } }");
  const device = await newDevice();
  const page = await enter(device, DEMO.rep);
  await visit(page, `${device.url}/customers/${customer?.id}#files`);
  const name = `说明 ${Date.now()}.txt`;
  await page.locator("main input[type=file]").first().setInputFiles({ name, mimeType: "text/plain", buffer: Buffer.from("送货说明：周三上午，先打电话。") });
  await expect(page.getByRole("listitem").filter({ hasText: name })).toBeVisible();
  const newest = async (): Promise<Attached | undefined> => (await rep.nodes<Attached>("attachments(first: 1, orderBy: [{field: CREATED_AT, direction: DESC}]) { edges { node { id fileName } } }"))[0];
  await expect.poll(async () => (await newest())?.fileName).toBe(name);
  await synced(page);
  const file = await newest();
  const path = `/sync/v1/files/${file?.id}`;
  const refused = await fetch(server.url + path);
  expect(refused.status, "to nobody").toBe(401);
  const answer = await rep.get(path);
  expect(answer.status).toBe(200);
  const headers = Object.fromEntries(["content-disposition", "x-content-type-options", "content-security-policy", "cache-control"].map((one) => [one, answer.headers.get(one) ?? ""]));
  expect(headers["content-disposition"]).toMatch(/^attachment;/);
  expect(headers["content-disposition"]).toContain(encodeURIComponent(name));
  expect(headers["x-content-type-options"]).toBe("nosniff");
  expect(headers["content-security-policy"]).toContain("sandbox");
  expect(headers["cache-control"]).toContain("no-store");
  // A browser that goes there with the right to: it saves, and stays where it was.
  const there = await page.context().newPage();
  await there.setExtraHTTPHeaders({ authorization: rep.authorization });
  const saved = there.waitForEvent("download");
  await there.goto(server.url + path).catch(() => undefined); // a page that never comes
  expect((await saved).suggestedFilename()).toBe(name);
  expect(there.url()).toBe("about:blank");
});
