import { describe, expect, it } from "vitest";
import { summarise, SYNC_TEXTS } from "~/app/shell/sync_words";
import type { SyncStatus } from "~/device/api";
import { inLanguage } from "~/values/words";

const WELL: SyncStatus = {
  phase: "ready",
  progress: 1,
  online: true,
  syncing: false,
  pending: 0,
  parked: 0,
  waiting: 0,
  needsAttention: 0,
  uploads: 0,
  refusedFiles: 0,
  lastContactAt: "2026-11-23T04:00:00Z",
  nextAttemptAt: null,
  trouble: null,
  storage: "opfs",
  persistent: true,
  evicted: false,
  outdated: false,
};
const zh = inLanguage(SYNC_TEXTS, "zh-CN");
const said = (changed: Partial<SyncStatus>, newVersion = false) => summarise({ ...WELL, ...changed }, newVersion, zh, () => "14:05");

describe("what is amiss is said before what is well", () => {
  it.each<[Partial<SyncStatus>, string]>([
    [{ outdated: true, needsAttention: 2 }, "请更新"],
    [{ needsAttention: 2, online: false, pending: 1 }, "2 项待处理"],
    [{ trouble: { code: "APP_TOO_OLD", message: "a", remedy: "b" } }, "同步受阻"],
    [{ trouble: { code: "APP_TOO_OLD", message: "a", remedy: "b" }, online: false }, "离线"],
    [{ online: false }, "离线"],
    [{ online: false, pending: 3 }, "离线 · 3 项待上传"],
    [{ nextAttemptAt: "2026-11-23T06:05:00Z", pending: 1 }, "暂缓同步"],
    [{ storage: "memory" }, "本设备不能离线"],
    [{ phase: "loading", progress: 0.619 }, "首次载入 61%"],
    [{ pending: 1, uploads: 2 }, "3 项待上传"],
    [{ refusedFiles: 1 }, "1 个文件未被接收"],
    [{ syncing: true }, "正在同步…"],
    [{}, "已同步"],
  ])("%o: %s", (changed, label) => {
    expect(said(changed).label).toBe(label);
  });

  it("a newer version is told only when nothing presses", () => {
    expect(said({}, true).label).toBe("有新版本");
    expect(said({ online: false }, true).label).toBe("离线");
    expect(said({ online: false }, true).details).toContain(zh.outdatedMore);
  });
});

it("tells a clerk that edits are kept, and when it is tried again", () => {
  expect(said({ nextAttemptAt: "2026-11-23T06:05:00Z" }).details).toEqual(["服务器请我们稍后再来，下次尝试：14:05。录入的内容都保留着。"]);
});

it("a refusal's own sentences are passed on with their remedy", () => {
  expect(said({ trouble: { code: "X", message: "设备已被吊销。", remedy: "请重新登录。" } }).details).toEqual(["设备已被吊销。 请重新登录。"]);
});

it("says nothing more when all is well", () => {
  expect(said({}).details).toEqual([]);
});
