/** What a client puts right after a restore, a change of keys, an update or a rule (PROTOCOL.md, 1.3, 2.3, 2.4, 3.3, 4.7, 16). */
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Sync } from "~/sync/syncing";
import { idNumber, pageOf } from "../replica/world";
import { until } from "./devices";
import { Scripted, page, refusal, taken } from "./scripted";

let server: Scripted;
let sync: Sync;

beforeEach(async () => {
  server = await Scripted.open();
  sync = server.sync();
  await sync.syncNow();
});
afterEach(() => sync.stop());

const pending = (): Promise<number> => server.replica.store.outbox.pendingCount();

describe("refusals", () => {
  test("where devices must encrypt: it says so, and goes on pushing", async () => {
    server.says["pull"] = () => refusal(403, "DEVICE_MUST_ENCRYPT");
    await server.create("a");
    await expect(sync.syncNow()).rejects.toMatchObject({ code: "DEVICE_MUST_ENCRYPT" });
    expect(await pending()).toBe(0);
    expect((await sync.status()).trouble?.message).toContain("What you enter is still sent");
  });

  test("an app that is too old goes on pushing, and is said to be outdated", async () => {
    server.says["pull"] = () => refusal(409, "APP_TOO_OLD");
    await server.create("a");
    await expect(sync.syncNow()).rejects.toMatchObject({ code: "APP_TOO_OLD" });
    expect([await pending(), (await sync.status()).outdated]).toEqual([0, true]);
  });

  test("a server that is too old stops the push, and the pull is asked all the same", async () => {
    server.says["push"] = () => Response.json({ outcomes: [], lastMutation: 0, clock: "k", serverTime: "2026-03-02T01:30:00Z", stopped: { code: "SERVER_TOO_OLD", message: "Old." } });
    await server.create("a");
    const pulls = server.to("pull").length;
    expect((await sync.syncNow()).putOff).toMatchObject({ code: "SERVER_TOO_OLD" });
    expect(server.to("pull").length).toBe(pulls + 1);
    expect([await pending(), (await sync.status()).trouble?.code]).toEqual([1, "SERVER_TOO_OLD"]);
  });

  test("a member with too many devices is told what to do, and goes on once there is room", async () => {
    server.says["devices"] = () => refusal(409, "TOO_MANY_DEVICES", { message: "Fewer than 20." });
    await sync.signedIn("another");
    await expect(sync.syncNow()).rejects.toMatchObject({ code: "TOO_MANY_DEVICES" });
    expect((await sync.status()).trouble).toMatchObject({ message: "Fewer than 20.", remedy: expect.stringContaining("Under Devices, revoke one") as string });
    delete server.says["devices"];
    await sync.syncNow();
    expect((await sync.status()).trouble).toBeNull();
  });

  test("what is too large at once goes in smaller pieces", async () => {
    for (let number = 0; number < 8; number += 1) {
      await server.create(`c${number}`);
    }
    server.says["push"] = (body) => ((body["mutations"] as unknown[]).length > 3 ? refusal(413, "BODY_TOO_LARGE") : taken(body));
    await sync.syncNow();
    expect(await pending()).toBe(0);
    expect(server.offers().map((numbers) => numbers.length)).toEqual([8, 4, 2, 4, 2, 4, 2, 2].slice(0, server.offers().length));
  });

  test("a wait without end at one door leaves the others open", async () => {
    server.says["push"] = () => new Response(JSON.stringify({ code: "OVER_QUOTA", message: "Later." }), { status: 429, headers: { "retry-after": "120" } });
    await server.create("a");
    const pulls = server.to("pull").length;
    await sync.syncNow();
    await sync.syncNow();
    expect(server.to("push")).toHaveLength(1);
    expect(server.to("pull").length).toBe(pulls + 2);
    const status = await sync.status();
    expect(status.trouble).toMatchObject({ code: "OVER_QUOTA", message: expect.stringContaining("2 minutes") as string });
    expect(Date.parse(status.nextAttemptAt ?? "") - Date.now()).toBeGreaterThan(100_000);
  });
});

test("files that a quota keeps back are told of until they go, not between two meetings only", async () => {
  const row = { id: idNumber(1), version: 1, state: "waiting", archivedAt: null, sha256: "x", sizeBytes: 1 };
  const { replica } = server;
  await replica.store.keep(pageOf("f", [{ name: "attachments", puts: [row] }]), await replica.store.standing());
  await replica.store.shelf.append("x", new Uint8Array(1));
  await replica.attach("tenants.attach_file", { id: row.id, entity: "party.Customer", rowId: idNumber(2), fileName: "a", sizeBytes: 1, sha256: "x" }, "x");
  let refuses = true;
  server.says[row.id] = () =>
    refuses
      ? new Response(JSON.stringify({ code: "OVER_QUOTA", message: "Later." }), { status: 429, headers: { "retry-after": "120" } })
      : Response.json({ stored: true, offset: 1, sizeBytes: 1, chunkBytes: 1 });
  const told: (string | null)[] = [];
  sync.onStatus(({ trouble }) => told.push(trouble?.code ?? null));
  await sync.syncNow();
  await until(async () => (await sync.status()).trouble !== null);
  told.length = 0;
  for (let meeting = 0; meeting < 3; meeting += 1) await sync.syncNow();
  expect(new Set(told)).toEqual(new Set(["OVER_QUOTA"]));
  expect((await sync.status()).uploads).toBe(1);
  refuses = false;
  const later = server.sync(); // the door of the former one is held for two minutes
  await later.syncNow();
  await until(async () => (await later.status()).uploads === 0);
  expect((await later.status()).trouble).toBeNull();
  await later.stop();
});

describe("a restored server", () => {
  test("that stands behind us is offered what it lost again, before what is new", async () => {
    for (const name of ["a", "b", "c"]) {
      await server.create(name);
    }
    await sync.syncNow();
    await server.create("d");
    const before = server.offers().length;
    server.says["push"] = (body, asked) => (asked === before + 1 ? taken({ ...body, mutations: [] }, 1, { stopped: { code: "MUTATION_GAP", message: "" } }) : taken(body));
    const met = await sync.syncNow();
    // 1 is compared: another copy may have taken that number since.
    expect(server.offers().slice(before)).toEqual([[4], [1, 2, 3, 4]]);
    expect(met.outcomes.map(({ n }) => n)).toEqual([2, 3, 4]);
    expect(await pending()).toBe(0);
  });

  test("that says the same twice is given up, and nothing is lost", async () => {
    await server.create("a");
    await sync.syncNow();
    await server.create("b");
    server.says["push"] = (body) => taken({ ...body, mutations: [] }, 0, { stopped: { code: "MUTATION_GAP", message: "Gap." } });
    await expect(sync.syncNow()).rejects.toMatchObject({ code: "MUTATION_GAP" });
    expect(await pending()).toBe(2);
  });

  test("that forgot the device hears of it again under its id", async () => {
    const [first] = server.to("devices");
    const before = server.to("push").length;
    server.says["push"] = (body, asked) => (asked === before + 1 ? refusal(404, "NOT_FOUND", { field: "deviceId" }) : taken(body));
    await server.create("a");
    await sync.syncNow();
    expect(server.to("devices").at(-1)).toMatchObject({ deviceId: first?.["deviceId"], memberId: "m" });
    expect(await pending()).toBe(0);
  });

  test("that has other keys: without the barrier, then without the cursor; and it is compared", async () => {
    await server.create("a");
    await sync.syncNow();
    const before = server.to("pull").length;
    server.says["pull"] = (body, asked) => {
      if (asked === before + 1) {
        return refusal(422, "BARRIER_INVALID");
      }
      if (body["cursor"] !== null && asked === before + 2) {
        return refusal(422, "CURSOR_INVALID");
      }
      return page(`n${asked}`, body["cursor"] === null ? { rebase: true } : {});
    };
    const offers = server.offers().length;
    server.says["push"] = (body) => taken(body, 2);
    await server.create("b");
    await sync.syncNow();
    const [barred, unbarred, afresh] = server.to("pull").slice(before);
    expect([barred?.["atLeast"] !== undefined, unbarred?.["atLeast"], afresh?.["cursor"]]).toEqual([true, undefined, null]);
    expect(server.offers().slice(offers)).toEqual([[2], [], [1, 2]]); // an empty one compares, then all is offered again
    expect(await server.replica.store.get("compare")).toBe(false);
  });

  test("a rebase with more behind it takes the files, and compares", async () => {
    const [loads, pulls, pushes] = [server.to("load").length, server.to("pull").length, server.to("push").length];
    server.says["pull"] = (body, asked) => page(`r${asked}`, body["cursor"] === null ? { rebase: true } : asked === pulls + 1 ? { rebase: true, more: true } : {});
    await sync.syncNow();
    expect(server.to("load").length).toBe(loads + 1);
    expect(server.to("push").length).toBe(pushes + 1);
  });

  test("another copy goes on under the id: everything is offered anew under another", async () => {
    await server.create("a");
    await sync.syncNow();
    await server.create("b");
    const former = await server.replica.store.get("device_id");
    const before = server.to("push").length;
    server.says["push"] = (body, asked) => (asked === before + 1 ? taken({ ...body, mutations: [] }, 1, { stopped: { code: "DEVICE_FORKED", message: "" } }) : taken(body));
    await sync.syncNow();
    expect(server.to("devices").at(-1)).toMatchObject({ originId: former });
    expect(server.offers().slice(before)).toEqual([[2], [1, 2]]);
    expect([await pending(), await server.replica.store.get("device_id") === former]).toEqual([0, false]);
  });
});
