/** Members and where they sit, read from the device: the list is there without a network. */
import { useMemo } from "react";
import { useLanguage } from "~/data/device_context";
import { useList } from "~/data/hooks";
import type { Row } from "~/device/api";
import { roleLabel } from "~/ui/labels";

export interface Member {
  readonly id: string;
  readonly version: number;
  readonly name: string;
  readonly account: string | null;
  readonly phone: string | null;
  readonly email: string | null;
  readonly language: string;
  readonly organisationId: string;
  readonly departmentId: string | null;
  readonly joinedAt: string | null;
  readonly deactivatedAt: string | null;
  readonly erasedAt: string | null;
}

export interface Unit {
  readonly id: string;
  readonly name: string;
  readonly parentId: string | null;
  readonly organisationId: string;
}

export interface RoleName {
  readonly id: string;
  readonly name: string;
  readonly key: string | null;
}

const MOST = 2_000;
const text = (row: Row, name: string): string | null => (typeof row[name] === "string" ? row[name] : null);

function memberOf(row: Row): Member {
  return {
    id: row.id,
    version: row.version,
    name: text(row, "name") ?? "",
    account: text(row, "account"),
    phone: text(row, "phone"),
    email: text(row, "email"),
    language: text(row, "language") ?? "zh-CN",
    organisationId: text(row, "organisationId") ?? "",
    departmentId: text(row, "departmentId"),
    joinedAt: text(row, "joinedAt"),
    deactivatedAt: text(row, "deactivatedAt"),
    erasedAt: text(row, "erasedAt"),
  };
}

export interface People {
  readonly members: readonly Member[] | undefined;
  readonly error: Error | null;
  readonly organisations: readonly Unit[];
  readonly departments: readonly Unit[];
  readonly roles: readonly RoleName[];
  /** Department, or the organisation where there is none. */
  seatOf(seat: Pick<Member, "organisationId" | "departmentId">): string;
}

export function usePeople(): People {
  const members = useList({ collection: "members", limit: MOST, orderBy: [{ field: "name" }] });
  const organisations = useList({ collection: "organisations", limit: MOST });
  const departments = useList({ collection: "departments", limit: MOST });
  const language = useLanguage();
  const roles = useList({ collection: "roles", limit: MOST });
  return useMemo(() => {
    const orgs = (organisations.data?.rows ?? []).map((row) => ({ id: row.id, name: text(row, "name") ?? "", parentId: text(row, "parentId"), organisationId: row.id }));
    const units = (departments.data?.rows ?? []).map((row) => ({ id: row.id, name: text(row, "name") ?? "", parentId: text(row, "parentId"), organisationId: text(row, "organisationId") ?? "" }));
    const orgNames = new Map(orgs.map((org) => [org.id, org.name]));
    const unitNames = new Map(units.map((unit) => [unit.id, unit.name]));
    return {
      members: members.data?.rows.map(memberOf),
      error: members.error,
      organisations: orgs,
      departments: units,
      roles: (roles.data?.rows ?? []).map((row) => ({ id: row.id, name: roleLabel({ key: text(row, "key"), name: text(row, "name") ?? "" }, language), key: text(row, "key") })),
      seatOf: (member) => {
        const org = orgNames.get(member.organisationId) ?? "";
        const unit = member.departmentId === null ? undefined : unitNames.get(member.departmentId);
        return [orgs.length > 1 || unit === undefined ? org : "", unit ?? ""].filter(Boolean).join(" / ");
      },
    };
  }, [language, members.data, members.error, organisations.data, departments.data, roles.data]);
}
