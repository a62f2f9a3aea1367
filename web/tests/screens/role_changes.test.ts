/** The foot of the role editor: what was changed and is not saved yet. */
import { expect, test } from "vitest";
import { roleChanges } from "~/screens/roles/role_changes";

const BEFORE = { name: "业务员", permissions: ["a", "b"], masks: ["m", "n"] };

test("where nothing changed it says so, whatever the order", () => {
  expect(roleChanges(BEFORE, { name: " 业务员 ", permissions: ["b", "a"], masks: ["n", "m"] })).toEqual(["没有改动", "Nothing changed"]);
});

test("hidden fields are changes too", () => {
  expect(roleChanges(BEFORE, { ...BEFORE, masks: ["m", "n", "o"] })).toEqual(["多隐藏 1 个字段", "1 more field hidden"]);
  expect(roleChanges(BEFORE, { ...BEFORE, masks: [] })).toEqual(["不再隐藏 2 个字段", "2 fields shown again"]);
});

test("all kinds are counted", () => {
  const now = { name: "内勤", permissions: ["b", "c", "d"], masks: ["m"] };
  expect(roleChanges(BEFORE, now)).toEqual(["改名，新增 2 项权限，去掉 1 项权限，不再隐藏 1 个字段", "renamed, 2 permissions added, 1 permission taken away, 1 field shown again"]);
});
