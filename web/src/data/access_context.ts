/** What the company may use and what the member may do, as far as it is known here. */
import { createContext, useContext } from "react";
import type { CompanyAccess } from "~/device/api";
import { useDevice } from "./device_context";

export const AccessContext = createContext<CompanyAccess | null>(null);

/** The company's standing; null: not known yet, then nothing is held back. */
export function useAccess(): CompanyAccess | null {
  return useContext(AccessContext);
}

/** Whether one of `held` covers `wanted`: itself, `*`, or a whole part like `party.*`. */
export function covers(held: readonly string[], wanted: string): boolean {
  return held.some((one) => one === wanted || one === "*" || (one.endsWith(".*") && wanted.startsWith(one.slice(0, -1))));
}

/** Whether the member may; null asks for nothing. The server decides at last. */
export function useMay(): (permission: string | null) => boolean {
  const { permissions } = useDevice().me;
  return (permission) => permission === null || covers(permissions, permission);
}

/** Whether the module is in force; null comes with every company. */
export function useHas(): (module: string | null) => boolean {
  const access = useAccess();
  return (module) => module === null || access === null || access.modules.includes(module);
}
