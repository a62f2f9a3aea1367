/** What of a role was changed and is not saved yet, said at the foot of its editor. */
import type { Words } from "~/values/words";

interface RoleContent {
  readonly name: string;
  readonly permissions: Iterable<string>;
  readonly masks: Iterable<string>;
}

/** Each kind of change with its number, in the order in which the editor shows them; the last says it where there is none. */
export function roleChanges(before: RoleContent, now: RoleContent): Words {
  const [added, taken] = counted(before.permissions, now.permissions);
  const [hidden, shown] = counted(before.masks, now.masks);
  const parts: Words[] = [];
  if (before.name !== now.name.trim()) parts.push(["改名", "renamed"]);
  if (added > 0) parts.push([`新增 ${added} 项权限`, `${added} ${added === 1 ? "permission" : "permissions"} added`]);
  if (taken > 0) parts.push([`去掉 ${taken} 项权限`, `${taken} ${taken === 1 ? "permission" : "permissions"} taken away`]);
  if (hidden > 0) parts.push([`多隐藏 ${hidden} 个字段`, `${hidden} more ${hidden === 1 ? "field" : "fields"} hidden`]);
  if (shown > 0) parts.push([`不再隐藏 ${shown} 个字段`, `${shown} ${shown === 1 ? "field" : "fields"} shown again`]);
  return parts.length === 0 ? ["没有改动", "Nothing changed"] : [parts.map(([chinese]) => chinese).join("，"), parts.map(([, english]) => english).join(", ")];
}

/** How many are new, how many are gone. */
function counted(before: Iterable<string>, now: Iterable<string>): readonly [fresh: number, gone: number] {
  const [had, has] = [new Set(before), new Set(now)];
  return [[...has].filter((code) => !had.has(code)).length, [...had].filter((code) => !has.has(code)).length];
}
