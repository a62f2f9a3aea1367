/** Who the member is, as pages and the ledger have it. */
import type { Operations } from "~/generated/operations";
import type { Me } from "./api";

type Told = Operations["Me"]["answer"]["me"];

export function meOf({ member, tenant, permissions }: Told): Me {
  return {
    memberId: member.id,
    memberName: member.name,
    tenantId: tenant.id,
    tenantName: tenant.name,
    orgCode: tenant.orgCode,
    language: member.language === "en" ? "en" : "zh-CN",
    permissions,
  };
}
