/** Where the company stands, to every screen: from the device, then from the server whenever it is there. */
import { useEffect, useState, type ReactNode } from "react";
import { AccessContext } from "~/data/access_context";
import { useDevice } from "~/data/device_context";
import { useStatus } from "~/data/hooks";
import { NoNetwork, Refused, type CompanyAccess } from "~/device/api";
import { accessOf } from "~/device/me";
import type { Operations } from "~/generated/operations";

export function AccessProvider({ children }: { readonly children: ReactNode }): ReactNode {
  const device = useDevice();
  const { online } = useStatus();
  const [heard, setHeard] = useState<CompanyAccess | null>(null);
  useEffect(() => {
    if (!online) return undefined;
    let gone = false;
    device.ask<Operations["Me"]["result"]>("Me").then(
      ({ me }) => {
        if (!gone) setHeard(accessOf(me.tenant.access));
      },
      (error: Error) => {
        // What the device knows goes on to count; the sync state tells of the network and of refusals.
        if (!(error instanceof NoNetwork || error instanceof Refused)) throw error;
      },
    );
    return () => {
      gone = true;
    };
  }, [device, online]);
  return <AccessContext value={heard ?? device.me.access}>{children}</AccessContext>;
}
