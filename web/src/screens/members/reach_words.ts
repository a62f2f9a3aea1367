/** What a member can see by their roles, as one sentence. */
import type { useTexts } from "~/data/device_context";
import type { TEXTS } from "./texts";

export type Scope = "own" | "department" | "subtree" | "all";
export const SCOPES: readonly Scope[] = ["own", "department", "subtree", "all"];

/** How far a built-in role reaches as a rule, by its key: as tenants/default_roles.py has it. */
export const USUAL_REACH: Readonly<Record<string, Scope>> = {
  salesperson: "own",
  department_manager: "subtree",
  warehouse_keeper: "all",
  general_manager: "all",
  admin: "all",
  auditor: "all",
};

/** What to propose for these roles: the widest of their usual reaches, for a role that sees nothing is of no use. */
export function usualReach(roleKeys: readonly (string | null)[]): Scope {
  const places = roleKeys.map((key) => SCOPES.indexOf(USUAL_REACH[key ?? ""] ?? "own"));
  return SCOPES[Math.max(0, ...places)] ?? "own";
}

export interface Assignment {
  readonly id: string;
  readonly version: number;
  readonly roleId: string;
  readonly scope: string;
  readonly organisationId: string | null;
}

type Said = ReturnType<typeof useTexts<typeof TEXTS>>;

interface Named {
  roleName(id: string): string;
  orgName(id: string): string;
  readonly seat: string;
}

/** `seat`: where the member sits, in words. */
export function reachSentence(assignments: readonly Assignment[], { roleName, orgName, seat }: Named, t: Said): string {
  if (assignments.length === 0) return t.seesNothing;
  const parts = assignments.map((assignment) => t.byRole(roleName(assignment.roleId), partOf(assignment, seat, orgName, t)));
  return t.sees([...new Set(parts)].join(t.joined));
}

function partOf(assignment: Assignment, seat: string, orgName: (id: string) => string, t: Said): string {
  const scope = assignment.scope as Scope;
  if (assignment.organisationId === null) {
    if (scope === "own") return t.partOwn;
    if (scope === "department") return t.partDepartment(seat);
    return scope === "subtree" ? t.partSubtree(seat) : t.partAll;
  }
  const what = scope === "own" ? t.partOwnAt : scope === "department" ? t.partDepartmentAt : t.partSubtreeAt;
  return t.partAt(orgName(assignment.organisationId), what);
}
