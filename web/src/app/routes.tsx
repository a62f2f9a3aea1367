/** Which screen stands where. Every screen is a chunk of its own: `~/screens/<name>/screen`, its default export. */
import { lazy, type ComponentType, type LazyExoticComponent } from "react";

interface Place {
  /** As wouter reads it; screens ask for the parts with `useParams`. */
  readonly path: string;
  readonly screen: LazyExoticComponent<ComponentType>;
  readonly load: () => Loaded;
}

type Loaded = Promise<{ readonly default: ComponentType }>;
const at = (path: string, load: () => Loaded): Place => ({ path, screen: lazy(load), load });

export const PLACES: readonly Place[] = [
  // The frame's own
  at("/", () => import("~/screens/workbench/screen")),
  at("/help/:topic", () => import("~/screens/help/screen")),
  at("/map", () => import("~/screens/process_map/screen")),
  at("/modules", () => import("~/screens/modules/screen")),
  at("/modules/:code", () => import("~/screens/modules/screen")),
  at("/start", () => import("~/screens/start/screen")),
  at("/todo", () => import("~/screens/todo/screen")),

  // Lists, forms, rows
  at("/list/:collection", () => import("~/screens/list/screen")),
  at("/row/:collection/:id", () => import("~/screens/row/screen")),
  at("/new/:collection", () => import("~/screens/form/screen")),
  at("/edit/:collection/:id", () => import("~/screens/form/screen")),
  at("/settings/custom-fields", () => import("~/screens/custom_fields/screen")),
  at("/settings/import", () => import("~/screens/import_data/screen")),
  at("/settings/export", () => import("~/screens/export_data/screen")),
  at("/settings/recycle-bin", () => import("~/screens/recycle_bin/screen")),

  // Customers, orders, stock counts
  at("/customers/:id", () => import("~/screens/customer/screen")),
  at("/follow-up", () => import("~/screens/follow_up/screen")),
  at("/orders/new", () => import("~/screens/order/screen")),
  at("/orders/:id", () => import("~/screens/order/screen")),
  at("/counts/new", () => import("~/screens/count/screen")),
  at("/counts/:id", () => import("~/screens/count/screen")),
  at("/moves/new", () => import("~/screens/move/screen")),
  at("/scan", () => import("~/screens/scan/screen")),

  // Settings, inbox, approvals, one's own
  at("/inbox", () => import("~/screens/inbox/screen")),
  at("/approvals", () => import("~/screens/approvals/screen")),
  at("/settings/devices", () => import("~/screens/devices/screen")),
  at("/settings/members", () => import("~/screens/members/screen")),
  at("/settings/roles", () => import("~/screens/roles/screen")),
  at("/settings/organisations", () => import("~/screens/organisations/screen")),
  at("/settings/company", () => import("~/screens/company/screen")),
  at("/settings/audit", () => import("~/screens/audit/screen")),
  at("/me", () => import("~/screens/me/screen")),
  // The operators' page has no place among these: it belongs to no company (app.tsx).
];

/** Whether a screen stands at a place: navigation shows what there is. */
export function isPlace(place: string): boolean {
  return found(place) !== undefined;
}

/** Begins to load the screen of a place. */
export function loadScreen(place: string): void {
  found(place)?.load().catch(() => undefined); // the router asks again, and tells
}

function found(place: string): Place | undefined {
  const parts = place.split("/");
  return PLACES.find(({ path }) => {
    const wanted = path.split("/");
    return wanted.length === parts.length && wanted.every((part, at) => part.startsWith(":") || part === parts[at]);
  });
}
