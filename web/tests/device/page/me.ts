import type { Me } from "~/device/api";

export const ME: Me = { memberId: "m", memberName: "M", tenantId: "t", tenantName: "T", orgCode: "o", language: "en", permissions: [], access: null };
