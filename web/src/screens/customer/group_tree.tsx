/** Who a customer belongs to, and who belongs to it. */
import type { ReactElement } from "react";
import { Link } from "wouter";
import { useDevice, useTexts } from "~/data/device_context";
import { useLive } from "~/data/hooks";
import type { Device, Row } from "~/device/api";
import { Failure } from "~/ui/failure";
import css from "./customer.module.css";
import { CUSTOMER_TEXTS } from "./texts";

interface Node {
  readonly row: Row;
  readonly children: readonly Node[];
}

const HIGHEST = 20;
const DEEPEST = 4;
const WIDEST = 200;

export function GroupTree({ customer }: { readonly customer: Row }): ReactElement {
  const device = useDevice();
  const t = useTexts(CUSTOMER_TEXTS);
  const tree = useLive(`group ${customer.id} ${String(customer["parentId"])}`, ["customers"], () => groupOf(device, customer));
  if (tree.error !== null) return <Failure error={tree.error} />;
  if (tree.data === undefined) return <p className={css["soft"]}>…</p>;
  const { above, below } = tree.data;
  if (above.length === 0 && below.length === 0) return <p className={css["soft"]}>{t.noGroup}</p>;
  const branches = above.reduceRight<readonly Node[]>((children, row) => [{ row, children }], [{ row: customer, children: below }]);
  return <Branches nodes={branches} own={customer.id} />;
}

function Branches({ nodes, own }: { readonly nodes: readonly Node[]; readonly own: string }): ReactElement {
  const t = useTexts(CUSTOMER_TEXTS);
  return (
    <ul className={css["tree"]}>
      {nodes.map(({ row, children }) => (
        <li key={row.id}>
          {row.id === own ? (
            <strong aria-current="page">
              {String(row["name"])} <span className={css["soft"]}>{t.current}</span>
            </strong>
          ) : (
            <Link href={`/customers/${row.id}`}>{String(row["name"])}</Link>
          )}
          {children.length === 0 ? null : <Branches nodes={children} own={own} />}
        </li>
      ))}
    </ul>
  );
}

/** As far as this member sees it. A ring, which two people may have closed offline, ends where it began. */
async function groupOf(device: Device, customer: Row): Promise<{ readonly above: readonly Row[]; readonly below: readonly Node[] }> {
  const above: Row[] = [];
  const seen = new Set([customer.id]);
  let next = customer["parentId"];
  while (typeof next === "string" && !seen.has(next) && above.length < HIGHEST) {
    seen.add(next);
    const parent = await device.row("customers", next);
    if (parent === null) break;
    above.unshift(parent);
    next = parent["parentId"];
  }
  return { above, below: await childrenOf(device, [customer.id], seen, DEEPEST) };
}

async function childrenOf(device: Device, parents: readonly string[], seen: Set<string>, depth: number): Promise<readonly Node[]> {
  if (depth === 0 || parents.length === 0) return [];
  const { rows } = await device.list({ collection: "customers", where: [{ field: "parentId", op: "in", value: parents }], orderBy: [{ field: "name" }], limit: WIDEST });
  const fresh = rows.filter((row) => !seen.has(row.id));
  for (const row of fresh) seen.add(row.id);
  const below = await childrenOf(device, fresh.map((row) => row.id), seen, depth - 1);
  return fresh.map((row) => ({ row, children: below.filter((node) => node.row["parentId"] === row.id) }));
}
