/** A voice note: said where there is no microphone, recorded without a network, heard by a colleague. */
import { chromiumOptions } from "../support/chromium.ts";
import { Asked } from "../support/graphql.ts";
import { DEMO } from "../support/yunfan_server.ts";
import { enter, visit } from "./demo.ts";
import { expect, kept, offline, synced, test } from "./stage.ts";

/** EBML, with which every webm file begins. */
const WEBM = "1a45dfa3";

interface Attached {
  readonly id: string;
  readonly fileName: string;
  readonly mediaType: string;
  readonly sizeBytes: number;
}

test("a voice note recorded offline reaches the server and a colleague's ear @long", async ({ newDevice, server }) => {
  test.setTimeout(240_000);
  const rep = await Asked.as(server.url, DEMO.rep);
  const [customer] = await rep.nodes<{ id: string; name: string }>("customers(first: 1) { edges { node { id name } } }");
  if (customer === undefined) throw new Error("the demo's rep has no customer");
  const refusing = await newDevice({ args: [...chromiumOptions().args, "--deny-permission-prompts"] });
  const mute = await enter(refusing, DEMO.rep);
  await visit(mute, `${refusing.url}/follow-up?customer=${customer.id}`);
  await mute.getByRole("button", { name: "语音" }).click();
  await expect(mute.getByText("没有麦克风权限，或本机没有麦克风。")).toBeVisible();
  await expect(mute.getByRole("button", { name: "保存跟进" })).toBeEnabled();

  const device = await newDevice({ permissions: ["microphone"] });
  const page = await enter(device, DEMO.rep);
  await kept(page);
  await visit(page, `${device.url}/follow-up?customer=${customer.id}`);
  await device.line.cut();
  await offline(page);
  await page.getByRole("button", { name: "语音" }).click();
  await page.getByRole("button", { name: "停止 0:02" }).click();
  const player = page.locator("main audio");
  await expect(player).toBeVisible();
  // What was recorded plays: the browser itself reads it.
  await expect.poll(() => player.evaluate((audio: HTMLAudioElement) => audio.readyState >= 1 && audio.error === null)).toBe(true);
  await expect(page.getByRole("button", { name: "语音" })).toBeVisible(); // the microphone is free again
  const said = `语音留言 ${Date.now()}`;
  await page.getByRole("textbox", { name: "内容" }).fill(said);
  await page.getByRole("button", { name: "保存跟进" }).click();
  await expect(page).toHaveURL(/\/customers\//);
  await expect(page.locator("main").getByText(said)).toBeVisible();
  await device.line.mend();
  await synced(page);

  const [activity] = await rep.nodes<{ id: string; content: string }>("activities(first: 1, orderBy: [{field: CREATED_AT, direction: DESC}]) { edges { node { id content } } }");
  expect(activity?.content).toBe(said);
  const files = await rep.nodes<Attached>("attachments(first: 5, filter: {rowId: {eq: $rowId}}) { edges { node { id fileName mediaType sizeBytes } } }", { rowId: activity?.id }, "($rowId: ID!)");
  expect(files).toEqual([{ id: expect.any(String), fileName: expect.stringMatching(/^voice-.*\.weba$/), mediaType: "audio/webm", sizeBytes: expect.any(Number) }]);
  const stored = await rep.get(`/sync/v1/files/${files[0]?.id}`);
  const bytes = Buffer.from(await stored.arrayBuffer());
  expect(bytes.length).toBe(files[0]?.sizeBytes);
  expect(bytes.subarray(0, 4).toString("hex")).toBe(WEBM);

  const other = await newDevice();
  const colleague = await enter(other, DEMO.lead);
  await visit(colleague, `${other.url}/row/activities/${activity?.id}`);
  const heard = colleague.locator("main").getByText(files[0]?.fileName ?? "").first();
  await expect(heard).toBeVisible();
});
