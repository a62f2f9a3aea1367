/** Permissions and maskable fields by what they are about, in the order of the modules. */
import type { Description } from "~/values/description";
import { say, type Language } from "~/values/words";

export interface Named {
  readonly code: string;
  readonly name: string;
}

export interface Group {
  /** The beginning of the permissions: `party.customer`. */
  readonly key: string;
  readonly title: string;
  readonly items: readonly Named[];
}

export interface ModuleGroup {
  readonly key: string;
  readonly title: string;
  readonly groups: readonly Group[];
}

/** `party.customer.view` belongs to 客户 in 客户管理; `tenants.*` is the company's own and comes last. */
export function byModule(permissions: readonly Named[], description: Pick<Description, "entities" | "modules">, language: Language, company: string): readonly ModuleGroup[] {
  const groups = new Map<string, Named[]>();
  for (const permission of permissions) {
    const key = permission.code.split(".").slice(0, -1).join(".");
    groups.set(key, [...(groups.get(key) ?? []), permission]);
  }
  const entities = Object.values(description.entities);
  const order = description.modules.map((module) => module.code);
  const modules = new Map<string, Group[]>();
  for (const [key, items] of groups) {
    // Lines share the rights of their document, and have the longer name.
    const [entity] = entities.filter((found) => found.permission === key).sort((one, other) => one.collection.length - other.collection.length);
    const title = entity === undefined ? (items[0]?.name ?? key) : say(entity.label, language);
    const module = key.split(".")[0] ?? "";
    modules.set(module, [...(modules.get(module) ?? []), { key, title, items }]);
  }
  const place = (code: string): number => (code === "tenants" ? order.length + 1 : order.includes(code) ? order.indexOf(code) : order.length);
  return [...modules]
    .sort(([one], [other]) => place(one) - place(other))
    .map(([code, found]) => ({ key: code, title: titleOf(code, description, language, company), groups: found }));
}

function titleOf(code: string, description: Pick<Description, "entities" | "modules">, language: Language, company: string): string {
  const module = description.modules.find((found) => found.code === code);
  if (module !== undefined) return say(module.label, language);
  if (code === "tenants" || code === "billing") return company;
  const sold = Object.values(description.entities).find((entity) => entity.permission.startsWith(`${code}.`));
  return sold === undefined ? code : say(sold.label, language);
}
