/** Picks a department or, without one, an organisation: the company's tree in one control. */
import { TreeSelect } from "antd";
import type { ReactNode } from "react";
import type { People, Unit } from "./people";

/** `org:<id>` or `dept:<id>`. */
export type SeatKey = string;

interface UnitPickerProps {
  readonly people: Pick<People, "organisations" | "departments">;
  readonly value: SeatKey | null;
  readonly onChange: (value: SeatKey) => void;
  readonly label: string;
}

interface Node {
  readonly value: SeatKey;
  readonly title: string;
  readonly children: Node[];
}

export function UnitPicker({ people, value, onChange, label }: UnitPickerProps): ReactNode {
  return <TreeSelect aria-label={label} treeDefaultExpandAll showSearch={{ treeNodeFilterProp: "title" }} value={value ?? ""} onChange={(next: string) => onChange(next)} treeData={seats(people)} style={{ width: "100%" }} />;
}

export function seats({ organisations, departments }: Pick<People, "organisations" | "departments">): Node[] {
  const known = new Set(organisations.map((org) => org.id));
  const org = (unit: Unit): Node => ({
    value: `org:${unit.id}`,
    title: unit.name,
    children: [...departments.filter((found) => found.organisationId === unit.id && found.parentId === null).map(department), ...organisations.filter((found) => found.parentId === unit.id).map(org)],
  });
  const department = (unit: Unit): Node => ({ value: `dept:${unit.id}`, title: unit.name, children: departments.filter((found) => found.parentId === unit.id).map(department) });
  return organisations.filter((found) => found.parentId === null || !known.has(found.parentId)).map(org);
}

/** As the server's inputs name it. */
export function seatInput(key: SeatKey): { readonly departmentId: string } | { readonly organisationId: string } {
  const id = key.slice(key.indexOf(":") + 1);
  return key.startsWith("dept:") ? { departmentId: id } : { organisationId: id };
}
