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
    access: accessOf(tenant.access),
  };
}

/** What the company may use now. */
export function accessOf(told: Told["tenant"]["access"]): CompanyAccess {
  return {
    state: stateOf(told.state),
    endsAt: told.endsAt,
    trialEndsAt: told.trialEndsAt,
    modules: told.modules.map(({ code }) => code),
    onTrial: told.modules.filter(({ trial }) => trial).map(({ code }) => code),
    requests: told.requests,
    writable: told.writable,
    reason: told.reason,
    remedy: told.remedy,
    baseCurrency: told.baseCurrency,
    timeZone: told.zone,
  };
}

/** Whatever else the server may call it one day: what counts is `writable`. */
function stateOf(told: string): CompanyAccess["state"] {
  const state = told.toLowerCase();
  return state === "trial" || state === "active" ? state : "read_only";
}
