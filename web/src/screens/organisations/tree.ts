/** The company's tree: organisations with their departments, read from the device. */
import { useMemo } from "react";
import { useList } from "~/data/hooks";
import type { Row } from "~/device/api";

export interface Node {
  /** `org:<id>` or `dept:<id>`. */
  readonly key: string;
  readonly type: "organisation" | "department";
  readonly id: string;
  readonly version: number;
  readonly name: string;
  readonly kind: string | null;
  readonly legalEntityId: string | null;
  readonly parentId: string | null;
  readonly organisationId: string;
  readonly path: string;
  readonly children: readonly Node[];
  /** Active members who sit right here. */
  readonly members: number;
  /** Of those below, too. */
  readonly below: number;
}

const MOST = 5_000;
const text = (row: Row, name: string): string | null => (typeof row[name] === "string" ? row[name] : null);

export interface Tree {
  readonly roots: readonly Node[];
  readonly known: boolean;
  readonly error: Error | null;
  find(key: string | null): Node | null;
}

export function useTree(): Tree {
  const organisations = useList({ collection: "organisations", limit: MOST, orderBy: [{ field: "createdAt" }] });
  const departments = useList({ collection: "departments", limit: MOST, orderBy: [{ field: "createdAt" }] });
  const members = useList({ collection: "members", limit: MOST, where: [{ field: "deactivatedAt", op: "empty" }] });
  return useMemo(() => {
    const roots = buildTree(organisations.data?.rows ?? [], departments.data?.rows ?? [], members.data?.rows ?? []);
    const all = new Map<string, Node>();
    const visit = (node: Node): void => {
      all.set(node.key, node);
      node.children.forEach(visit);
    };
    roots.forEach(visit);
    return {
      roots,
      known: organisations.data !== undefined && departments.data !== undefined,
      error: organisations.error ?? departments.error,
      find: (key) => (key === null ? null : (all.get(key) ?? null)),
    };
  }, [organisations.data, departments.data, members.data, organisations.error, departments.error]);
}

/** What stands below an organisation that the member does not see stands at the top. */
export function buildTree(organisations: readonly Row[], departments: readonly Row[], members: readonly Row[]): readonly Node[] {
  const seats = new Map<string, number>();
  for (const member of members) {
    const department = text(member, "departmentId");
    const key = department === null ? `org:${text(member, "organisationId")}` : `dept:${department}`;
    seats.set(key, (seats.get(key) ?? 0) + 1);
  }
  const made = (row: Row, type: Node["type"], children: readonly Node[]): Node => {
    const key = `${type === "organisation" ? "org" : "dept"}:${row.id}`;
    const here = seats.get(key) ?? 0;
    return {
      key,
      type,
      id: row.id,
      version: row.version,
      name: text(row, "name") ?? "",
      kind: text(row, "kind"),
      legalEntityId: text(row, "legalEntityId"),
      parentId: text(row, "parentId"),
      organisationId: type === "organisation" ? row.id : (text(row, "organisationId") ?? ""),
      path: text(row, "path") ?? "",
      children,
      members: here,
      below: here + children.reduce((sum, child) => sum + child.below, 0),
    };
  };
  const department = (row: Row): Node => made(row, "department", departments.filter((other) => text(other, "parentId") === row.id).map(department));
  const organisation = (row: Row): Node =>
    made(row, "organisation", [
      ...departments.filter((other) => text(other, "organisationId") === row.id && text(other, "parentId") === null).map(department),
      ...organisations.filter((other) => text(other, "parentId") === row.id).map(organisation),
    ]);
  const known = new Set(organisations.map((row) => row.id));
  return organisations.filter((row) => !known.has(text(row, "parentId") ?? "")).map(organisation);
}

/** Places to which a department may move: all but itself, what is below it, and where it is. */
export function targets(roots: readonly Node[], moving: Node): readonly Node[] {
  const found: Node[] = [];
  const visit = (node: Node): void => {
    if (node.key === moving.key) return;
    const isParent = moving.parentId === null ? node.key === `org:${moving.organisationId}` : node.key === `dept:${moving.parentId}`;
    if (!isParent) found.push(node);
    node.children.forEach(visit);
  };
  roots.forEach(visit);
  return found;
}
