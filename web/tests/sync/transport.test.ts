import { beforeEach, describe, expect, test } from "vitest";
import { NoNetwork, Refused } from "~/device/api";
import { Stopped, SyncRefused } from "~/sync/errors";
import { TokenChain } from "~/sync/tokens";
import { Transport } from "~/sync/transport";

let answers: (() => Response | Promise<Response>)[];
let sent: { url: string; headers: Headers }[];
let slept: number[];
let seconds: number;
let notes: Map<string, unknown>;
let kept: string[];

beforeEach(() => {
  [answers, sent, slept, seconds] = [[], [], [], 1000];
  notes = new Map();
  kept = [];
});

function json(status: number, body: unknown, headers: Record<string, string> = {}): () => Response {
  return () => new Response(JSON.stringify(body), { status, headers });
}

function chain(now: () => number = () => 0): TokenChain {
  const keeper = { load: () => Promise.resolve("first"), save: async (token: string) => void kept.push(token) };
  const store = {
    get: (name: string) => Promise.resolve(notes.get(name) ?? null),
    set: async (values: object) => Object.entries(values).forEach(([name, value]) => notes.set(name, value)),
  };
  return new TokenChain(keeper, store as never, now);
}

function transport(tokens = chain()): Transport {
  return new Transport({
    url: "http://server",
    tokens,
    language: () => "en",
    random: () => 0.5,
    monotonic: () => seconds,
    sleep: async (pause) => {
      slept.push(pause);
      seconds += pause;
    },
    fetch: async (url, init) => {
      sent.push({ url, headers: new Headers(init.headers) });
      const next = answers.shift();
      if (next === undefined) {
        throw new TypeError("nobody answers");
      }
      return next();
    },
  });
}

describe("refusals", () => {
  test("are told with code, field, remedy and status", async () => {
    answers = [json(422, { code: "CURSOR_INVALID", message: "No.", remedy: "Pull afresh.", field: "cursor" })];
    const refused = await transport().post("/sync/v1/pull", {}).catch((wrong: unknown) => wrong);
    expect(refused).toBeInstanceOf(SyncRefused);
    expect(refused).toBeInstanceOf(Refused);
    expect(refused).toMatchObject({ status: 422, code: "CURSOR_INVALID", message: "No.", remedy: "Pull afresh.", field: "cursor" });
  });

  test("what is no answer of ours is one all the same", async () => {
    answers = [() => new Response("<html>", { status: 200 })];
    await expect(transport().post("/sync/v1/push", {})).rejects.toMatchObject({ code: "UNEXPECTED_ANSWER" });
  });

  test("nobody who answers is no network, after four attempts", async () => {
    await expect(transport().post("/sync/v1/push", {})).rejects.toBeInstanceOf(NoNetwork);
    expect(sent).toHaveLength(4);
    expect(slept).toEqual([0.2, 0.4, 0.8]);
  });

  test("a server that stops is gone with that answer: no network at once, and it is asked again when it said", async () => {
    answers = [json(503, { code: "STOPPING", message: "It restarts." }, { "retry-after": "5" })];
    const events: string[] = [];
    const stopping = transport();
    stopping.onAnswer = () => events.push("there");
    stopping.onSilence = () => events.push(`gone after ${slept.length} pauses`);
    await expect(stopping.post("/sync/v1/push", {})).rejects.toBeInstanceOf(NoNetwork);
    expect(events[0]).toBe("gone after 0 pauses");
    expect(events).not.toContain("there");
    expect(slept[0]).toBe(5);
    expect(sent).toHaveLength(4);
  });

  test("a server that stops in the middle of a file keeps nobody from its door afterwards", async () => {
    answers = [json(503, { code: "STOPPING", message: "It restarts." }, { "retry-after": "5" }), json(200, {})];
    let gone = 0;
    const stopping = transport();
    stopping.onSilence = () => (gone += 1);
    await expect(stopping.stream("/sync/v1/load/1", {})).rejects.toBeInstanceOf(NoNetwork);
    expect(gone).toBe(1);
    expect((await stopping.stream("/sync/v1/load/1", {})).status).toBe(200);
  });

  test("a gateway that has lost the server is no network, and no refusal", async () => {
    answers = Array.from({ length: 4 }, () => () => new Response("<html>Bad Gateway</html>", { status: 502 }));
    let heard = 0;
    const behind = transport();
    behind.onAnswer = () => (heard += 1);
    await expect(behind.post("/sync/v1/push", {})).rejects.toBeInstanceOf(NoNetwork);
    expect([sent.length, heard]).toEqual([4, 0]);
  });

  test("what is called off is asked no more", async () => {
    const closing = transport();
    answers = [() => Promise.reject(new TypeError("cut"))];
    closing.close();
    await expect(closing.post("/sync/v1/push", {})).rejects.toBeInstanceOf(Stopped);
    expect(sent.length).toBeLessThan(2);
  });

  test("a long wait is heeded at this door, in a later call too, and not at others", async () => {
    const held = transport();
    const over = { code: "OVER_QUOTA", message: "Later.", remedy: "Wait." };
    answers = [json(429, over, { "retry-after": "90" }), json(200, { ok: 1 }), json(200, { ok: 2 })];
    await expect(held.post("/sync/v1/files/1", {})).rejects.toMatchObject({ code: "OVER_QUOTA", retryAfterSeconds: 90 });
    seconds += 10;
    await expect(held.post("/sync/v1/files/2", {})).rejects.toMatchObject({ code: "OVER_QUOTA", retryAfterSeconds: 80 });
    expect(sent).toHaveLength(1);
    expect(await held.post("/sync/v1/push", {})).toEqual({ ok: 1 });
    seconds += 81;
    expect(await held.post("/sync/v1/files/2", {})).toEqual({ ok: 2 });
  });

  test("a wipe's order is carried out, and a revocation noted", async () => {
    const told: unknown[] = [];
    const wiped = transport();
    wiped.onWiped = (order) => {
      told.push(order);
      return Promise.reject(new Error("erased"));
    };
    wiped.onRevoked = async () => void told.push("revoked");
    const order = { order: "o", secret: "s", afterPush: true };
    answers = [json(403, { code: "DEVICE_WIPED", message: "", order }), json(401, { code: "DEVICE_REVOKED", message: "" })];
    await expect(wiped.post("/sync/v1/pull", {})).rejects.toThrow("erased");
    await expect(wiped.post("/sync/v1/pull", {})).rejects.toMatchObject({ code: "DEVICE_REVOKED" });
    expect(told).toEqual([order, "revoked"]);
  });
});

describe("answers", () => {
  test("a lost one is asked for again", async () => {
    answers = [() => Promise.reject(new TypeError("cut")), json(503, { code: "BUSY" }, { "retry-after": "2" }), json(200, { ok: true })];
    expect(await transport().post("/sync/v1/push", {})).toEqual({ ok: true });
    expect(slept).toEqual([0.2, 2]);
    expect(sent[0]?.headers.get("authorization")).toBe("Bearer first");
    expect(sent[0]?.headers.get("accept-language")).toBe("en");
  });

  test("a page that was cut is asked for again", async () => {
    const header = { cursor: "c", more: false, rebase: false, schema: "s", serverTime: "2026-03-02T01:30:00Z", sections: [{ name: "customers", mode: "delta", removes: 0, puts: 1 }] };
    const row = '{"id":"018f0000-0000-7000-8000-00000000000a"}';
    answers = [() => new Response(JSON.stringify(header)), () => new Response(`${JSON.stringify(header)}\n${row}`)];
    const page = await transport().page("/sync/v1/pull", {});
    expect(page.sections[0]?.puts).toEqual([row]);
    expect(sent).toHaveLength(2);
  });

  test("one that falls silent is given up", async () => {
    const silent = new Transport({
      url: "http://server",
      tokens: chain(),
      language: () => "zh-CN",
      quietSeconds: 0.02,
      sleep: () => Promise.resolve(),
      fetch: (_url, init) =>
        Promise.resolve(new Response(new ReadableStream({ start: (body) => init.signal?.addEventListener("abort", () => body.error(new TypeError("aborted"))) }))),
    });
    await expect(silent.post("/sync/v1/push", {})).rejects.toBeInstanceOf(NoNetwork);
  });
});

describe("the token", () => {
  const day = 24 * 3_600_000;

  test("of a sign-in that is a day old is replaced, and on the disk before it is used", async () => {
    let now = 1_000_000;
    notes.set("device_id", "d1");
    const rotating = transport(chain(() => now));
    answers = [json(200, {}), json(200, { token: "second" }), json(200, {})];
    await rotating.post("/sync/v1/push", {});
    now += day;
    await rotating.post("/sync/v1/push", {});
    expect(sent.map((request) => [new URL(request.url).pathname, request.headers.get("authorization")])).toEqual([
      ["/sync/v1/push", "Bearer first"],
      ["/sync/v1/token", "Bearer first"],
      ["/sync/v1/push", "Bearer second"],
    ]);
    expect(kept).toEqual(["second"]);
  });

  test("stays where the server refuses to replace it, or does not answer", async () => {
    let now = 1_000_000;
    notes.set("device_id", "d1");
    const staying = transport(chain(() => now));
    answers = [json(200, {}), json(409, { code: "TOKEN_SHARED", message: "" }), json(200, {}), json(200, {})];
    await staying.post("/sync/v1/push", {});
    now += day;
    await staying.post("/sync/v1/push", {});
    await staying.post("/sync/v1/push", {});
    expect(sent.filter((request) => request.url.endsWith("/token"))).toHaveLength(1);
    expect(sent.every((request) => request.headers.get("authorization") === "Bearer first")).toBe(true);
  });
});
