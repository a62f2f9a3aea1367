/** What the screens of administration make of what the server tells. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import type { Row } from "~/device/api";
import { DESCRIPTION } from "~/generated/description";
import { changesOf, labelsOf, type AuditEntry } from "~/screens/audit/entries";
import { actsOn, type RegisteredDevice } from "~/screens/devices/device";
import { USUAL_REACH, usualReach } from "~/screens/members/reach_words";
import { qrPath } from "~/screens/me/qr_code";
import { readStatus } from "~/screens/ops/status";
import { buildTree, targets } from "~/screens/organisations/tree";
import { byModule } from "~/screens/roles/grouping";

const device = (changed: Partial<RegisteredDevice> = {}): RegisteredDevice =>
  ({ id: "d", memberId: "li", revokedAt: null, wipedAt: null, wipeState: "NONE", wipeAfterPush: null, ...changed }) as RegisteredDevice;
const rights = { revoke: true, wipe: true };

describe("what may be done with a device", () => {
  it("is nothing with a colleague's without a right", () => {
    expect(actsOn(device(), "wang", { revoke: false, wipe: false })).toEqual([]);
  });

  it("is everything with one's own without any", () => {
    expect(actsOn(device(), "li", { revoke: false, wipe: false })).toEqual(["rename", "revoke", "wipe"]);
  });

  it("is no second wipe, but a stricter one, and to call it off until the order is taken", () => {
    const asked = { wipeState: "REQUESTED", wipeAfterPush: true } as const;
    expect(actsOn(device(asked), "wang", rights)).toEqual(["rename", "revoke", "wipe", "cancelWipe"]);
    expect(actsOn(device({ ...asked, wipeState: "DELIVERED" }), "wang", rights)).not.toContain("cancelWipe");
    expect(actsOn(device({ ...asked, wipeAfterPush: false }), "wang", rights)).not.toContain("wipe");
  });

  it("is nothing but a name once it is wiped", () => {
    expect(actsOn(device({ wipedAt: "2026-01-01T00:00:00Z", wipeState: "CONFIRMED" }), "li", rights)).toEqual(["rename"]);
  });
});

describe("the audit trail", () => {
  const entry = (changed: Partial<AuditEntry>): AuditEntry => ({ entity: "party.Customer", op: "update", before: {}, after: {}, ...changed }) as AuditEntry;

  it("tells what changed and hides what the product keeps by itself", () => {
    const changes = changesOf(entry({ before: { level: "c", version: 1, custom: { grade: "一" } }, after: { level: "a", version: 2, custom: { grade: "二" } } }));
    expect(changes.map(({ name, before, after }) => [name, before, after])).toEqual([
      ["level", "c", "a"],
      ["custom.grade", "一", "二"],
    ]);
    expect(changes[0]?.field?.label).toEqual(["客户级别", "Level"]);
  });

  it("tells of a merge what was submitted, what others had, what holds", () => {
    const [level] = changesOf(entry({ op: "merge", before: null, after: { level: { base: "c", mine: "a", theirs: "b", result: "b", outcome: "clash" } } }));
    expect(level).toMatchObject({ name: "level", before: "b", after: "b", submitted: "a" });
  });

  it("calls things in the reader's language, and what is gone as the server does", () => {
    expect(labelsOf(entry({ command: "party.edit_customer" }), "en")).toEqual({ entity: "Customer", command: "Edit customer" });
    expect(labelsOf(entry({ entity: "old.Thing", entityLabel: "旧物", command: "old.do", commandLabel: "旧事" }), "en")).toEqual({ entity: "旧物", command: "旧事" });
  });
});

describe("the server's status", () => {
  it("is read with every part missing: that is when it is looked at", () => {
    const status = readStatus({ status: "failing", parts: { database: "down" }, queues: { jobs: null, outbox: null }, storage: "?" });
    expect(status).toMatchObject({ status: "failing", parts: [["database", "down"]], jobs: null, outbox: { waiting: null }, errors: [] });
    expect(status.storage.diskBytes).toBeNull();
  });
});

describe("the tree", () => {
  const row = (id: string, fields: Record<string, string | null>): Row => ({ id, version: 1, _state: null, ...fields });
  const orgs = [row("hq", { name: "总部", parentId: null }), row("b", { name: "分公司", parentId: "hq" })];
  const departments = [row("s", { name: "销售", organisationId: "hq", parentId: null }), row("e", { name: "华东", organisationId: "hq", parentId: "s" })];
  const members = [row("1", { organisationId: "hq", departmentId: "e" }), row("2", { organisationId: "hq", departmentId: null })];

  it("counts who sits where and below", () => {
    const [root] = buildTree(orgs, departments, members);
    expect([root?.name, root?.members, root?.below]).toEqual(["总部", 1, 2]);
    expect(root?.children.map((child) => child.key)).toEqual(["dept:s", "org:b"]);
  });

  it("stands a branch at the top whose parent is out of sight", () => {
    expect(buildTree([row("b", { name: "分公司", parentId: "hidden" })], [], []).map((node) => node.key)).toEqual(["org:b"]);
  });

  it("lets no department move below itself, or to where it is", () => {
    const roots = buildTree(orgs, departments, members);
    const moving = roots[0]?.children[0];
    expect(moving?.key).toBe("dept:s");
    expect(moving && targets(roots, moving).map((node) => node.key)).toEqual(["org:b"]);
  });
});

it("groups permissions under what they are about, lines under their document, the company last", () => {
  const permissions = Object.entries(DESCRIPTION.permissions).map(([code, words]) => ({ code, name: words[0] }));
  const modules = byModule(permissions, DESCRIPTION, "zh-CN", "公司管理");
  expect(modules.at(-1)?.title).toBe("公司管理");
  expect(modules.flatMap((module) => module.groups).find((group) => group.key === "sales.order")?.title).toBe("销售单");
  expect(modules.flatMap((module) => module.groups.flatMap((group) => group.items)).length).toBe(permissions.length);
});

it("draws a QR code with its three finders and a quiet zone", () => {
  const { path, width } = qrPath("otpauth://totp/%E4%BA%91%E5%B8%86:li@example.com?secret=JBSWY3DPEHPK3PXP&issuer=%E4%BA%91%E5%B8%86");
  const count = width - 8;
  expect((count - 17) % 4).toBe(0);
  for (const [column, row] of [[4, 4], [4 + count - 7, 4], [4, 4 + count - 7]] as const) {
    for (let at = 0; at < 7; at++) expect(path).toContain(`M${column + at} ${row}h1v1h-1z`);
  }
  expect(path).not.toMatch(/M[0-3] /);
});

describe("the reach that is proposed with a role", () => {
  it("is one's own rows for a role that the company made", () => {
    expect(usualReach([])).toBe("own");
    expect(usualReach([null])).toBe("own");
  });

  it("is the widest that one of the roles has as a rule", () => {
    expect(usualReach(["salesperson", "warehouse_keeper"])).toBe("all");
    expect(usualReach([null, "department_manager"])).toBe("subtree");
  });

  it("is what the server's built-in roles say", () => {
    const source = readFileSync(fileURLToPath(new URL("../../../tenants/default_roles.py", import.meta.url)), "utf8");
    const delivered = [...source.matchAll(/DefaultRole\(\s*"(\w+)",\s*"[^"]*",\s*"[^"]*",\s*"(\w+)"/g)].map(([, key, scope]) => [key, scope]);
    expect(Object.fromEntries(delivered)).toEqual(USUAL_REACH);
  });
});
