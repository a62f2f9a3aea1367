/** Who the member is, as pages and the ledger have it. */
import type { Operations } from "~/generated/operations";
import type { CompanyAccess, Me } from "./api";

type Told = Operations["Me"]["result"]["me"];

export function meOf({ member, tenant, permissions }: Told): Me {
  return {
    memberId: member.id,
    memberName: member.name,
    tenantId: tenant.id,
    tenantName: tenant.name,
    orgCode: tenant.orgCode,
    language: member.language === "en" ? "en" : "zh-CN",
    permissions,
    access: {
      state: stateOf(tenant.access.state),
      endsAt: tenant.access.endsAt,
      trialEndsAt: tenant.access.trialEndsAt,
      modules: tenant.access.modules.map(({ code }) => code),
      writable: tenant.access.writable,
      reason: tenant.access.reason,
      remedy: tenant.access.remedy,
      baseCurrency: tenant.access.baseCurrency,
      timeZone: tenant.access.zone,
    },
  };
}

/** Whatever else the server may call it one day: what counts is `writable`. */
function stateOf(told: string): CompanyAccess["state"] {
  const state = told.toLowerCase();
  return state === "trial" || state === "active" ? state : "read_only";
}
