/** Built-in roles are called in the reader's language, renamed ones as the company calls them. */
import { expect, test } from "vitest";
import { DESCRIPTION } from "~/generated/description";
import { roleLabel } from "~/ui/labels";

test("a role that the company made or renamed keeps its name", () => {
  expect(roleLabel({ key: null, name: "管理员" }, "en")).toBe("管理员");
  expect(roleLabel({ key: "keeper", name: "仓管一组" }, "en")).toBe("仓管一组");
});

test("a built-in one is told in the language it is read in, whichever the company began with", () => {
  for (const [key, [zh, en]] of Object.entries(DESCRIPTION.builtInRoles)) {
    expect(roleLabel({ key, name: zh }, "en")).toBe(en);
    expect(roleLabel({ key, name: en }, "zh-CN")).toBe(zh);
  }
  expect(Object.keys(DESCRIPTION.builtInRoles).length).toBeGreaterThan(3);
});
