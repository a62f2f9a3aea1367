/** Written by `yunfan schema` from graphql/operations/; not to be edited. */
import type { Json } from "../values/json";

export type ArchiveCustomFieldInput = {
  readonly id: string;
  readonly version?: number | null;
};

export type ArchiveTagInput = {
  readonly id: string;
  readonly version?: number | null;
};

export type AssignCustomerInput = {
  readonly id: string;
  readonly ownerId: string;
  readonly version?: number | null;
};

export type AssignCustomersInput = {
  readonly ids: readonly string[];
  readonly ownerId: string;
};

export type AssignRoleInput = {
  readonly memberId: string;
  readonly organisationId?: string | null;
  readonly roleId: string;
  readonly scope: string;
};

export type AuditFilter = {
  readonly command?: string | null;
  readonly deviceId?: string | null;
  readonly entity?: string | null;
  readonly memberId?: string | null;
  readonly op?: string | null;
  readonly rowId?: string | null;
  readonly since?: string | null;
  readonly systemRecords?: boolean | null;
  readonly until?: string | null;
};

export type CancelWipeInput = {
  readonly id: string;
};

export type ChangePasswordInput = {
  readonly currentPassword?: string | null;
  readonly newPassword: string;
};

export type ClearTrialDataInput = {
  readonly companyName: string;
};

export type ConfirmTotpInput = {
  readonly code: string;
};

export type CreateDepartmentInput = {
  readonly name: string;
  readonly organisationId?: string | null;
  readonly parentId?: string | null;
};

export type CreateMemberInput = {
  readonly account: string;
  readonly departmentId?: string | null;
  readonly initialPassword: string;
  readonly language?: string | null;
  readonly name: string;
  readonly organisationId?: string | null;
  readonly roleIds: readonly string[];
  readonly scope?: string | null;
};

export type CreateOrganisationInput = {
  readonly kind: string;
  readonly legalEntity?: NewLegalEntityInput | null;
  readonly legalEntityId?: string | null;
  readonly name: string;
  readonly parentId?: string | null;
};

export type CreateRoleInput = {
  readonly masks?: readonly string[] | null;
  readonly name: string;
  readonly permissions: readonly string[];
};

export type CreateTagInput = {
  readonly colour?: string | null;
  readonly name: string;
};

export type DateTimeFilter = {
  readonly eq?: string | null;
  readonly gt?: string | null;
  readonly gte?: string | null;
  readonly in?: readonly string[] | null;
  readonly isNull?: boolean | null;
  readonly lt?: string | null;
  readonly lte?: string | null;
};

export type DeactivateMemberInput = {
  readonly id: string;
  readonly version?: number | null;
};

export type DefineCustomFieldInput = {
  readonly choices?: readonly FieldChoiceInput[] | null;
  readonly currency?: string | null;
  readonly entity: string;
  readonly filterable?: boolean | null;
  readonly key: string;
  readonly kind: string;
  readonly labelEn?: string | null;
  readonly labelZh: string;
  readonly position?: number | null;
  readonly required?: boolean | null;
  readonly target?: string | null;
};

export type DeleteRoleInput = {
  readonly id: string;
  readonly version?: number | null;
};

export type DeviceFilter = {
  readonly and?: readonly DeviceFilter[] | null;
  readonly createdAt?: DateTimeFilter | null;
  readonly id?: IDFilter | null;
  readonly memberId?: IDFilter | null;
  readonly not?: DeviceFilter | null;
  readonly or?: readonly DeviceFilter[] | null;
  readonly updatedAt?: DateTimeFilter | null;
};

export type DeviceOrder = {
  readonly direction?: "ASC" | "DESC" | null;
  readonly field: "CREATED_AT" | "LAST_SEEN_AT" | "NAME" | "OLDEST_QUEUED_AT" | "QUEUED" | "UPDATED_AT";
};

export type DisableTotpInput = {
  readonly code?: string | null;
  readonly password?: string | null;
  readonly recoveryCode?: string | null;
};

export type EditCustomFieldInput = {
  readonly choices?: readonly FieldChoiceInput[] | null;
  readonly id: string;
  readonly labelEn?: string | null;
  readonly labelZh?: string | null;
  readonly position?: number | null;
  readonly required?: boolean | null;
  readonly version?: number | null;
};

export type EditDepartmentInput = {
  readonly id: string;
  readonly name: string;
  readonly version?: number | null;
};

export type EditLegalEntityInput = {
  readonly id: string;
  readonly name?: string | null;
  readonly taxNumber?: string | null;
  readonly version?: number | null;
};

export type EditMemberInput = {
  readonly id?: string | null;
  readonly language?: string | null;
  readonly name?: string | null;
  readonly version?: number | null;
};

export type EditOrganisationInput = {
  readonly id: string;
  readonly kind?: string | null;
  readonly name?: string | null;
  readonly version?: number | null;
};

export type EditRoleInput = {
  readonly id: string;
  readonly masks?: readonly string[] | null;
  readonly name?: string | null;
  readonly permissions?: readonly string[] | null;
  readonly version?: number | null;
};

export type EditTagInput = {
  readonly colour?: string | null;
  readonly id: string;
  readonly name?: string | null;
  readonly version?: number | null;
};

export type EnrollTotpInput = {
  readonly password?: string | null;
};

export type EraseMemberInput = {
  readonly id: string;
  readonly version?: number | null;
};

export type FieldChoiceInput = {
  readonly en?: string | null;
  readonly value: string;
  readonly zh: string;
};

export type FileInput = {
  readonly contentBase64: string;
  readonly name: string;
};

export type IDFilter = {
  readonly eq?: string | null;
  readonly in?: readonly string[] | null;
  readonly isNull?: boolean | null;
};

export type InviteMemberInput = {
  readonly departmentId?: string | null;
  readonly email?: string | null;
  readonly language?: string | null;
  readonly name: string;
  readonly organisationId?: string | null;
  readonly phone?: string | null;
  readonly roleIds: readonly string[];
  readonly scope?: string | null;
};

export type MemberFilter = {
  readonly and?: readonly MemberFilter[] | null;
  readonly createdAt?: DateTimeFilter | null;
  readonly departmentId?: IDFilter | null;
  readonly erasedAt?: DateTimeFilter | null;
  readonly id?: IDFilter | null;
  readonly not?: MemberFilter | null;
  readonly or?: readonly MemberFilter[] | null;
  readonly updatedAt?: DateTimeFilter | null;
};

export type MoveDepartmentInput = {
  readonly id: string;
  readonly organisationId?: string | null;
  readonly parentId?: string | null;
  readonly version?: number | null;
};

export type MoveMemberInput = {
  readonly departmentId?: string | null;
  readonly id: string;
  readonly organisationId?: string | null;
  readonly version?: number | null;
};

export type NewLegalEntityInput = {
  readonly currency?: string | null;
  readonly name: string;
  readonly taxNumber?: string | null;
  readonly zone?: string | null;
};

export type ReactivateMemberInput = {
  readonly id: string;
  readonly version?: number | null;
};

export type RenameDeviceInput = {
  readonly id: string;
  readonly name: string;
};

export type RequestModuleInput = {
  readonly module: string;
};

export type RequestSmsCodeInput = {
  readonly language?: string | null;
  readonly phone: string;
  readonly purpose?: string | null;
};

export type ResendInvitationInput = {
  readonly id: string;
};

export type ResetMemberPasswordInput = {
  readonly initialPassword: string;
  readonly memberId: string;
};

export type RestoreCustomFieldInput = {
  readonly id: string;
  readonly version?: number | null;
};

export type RestoreTagInput = {
  readonly id: string;
  readonly version?: number | null;
};

export type RevokeDeviceInput = {
  readonly id: string;
};

export type RevokeSessionInput = {
  readonly allOthers?: boolean | null;
  readonly id?: string | null;
};

export type SetScopeInput = {
  readonly id: string;
  readonly scope: string;
  readonly version?: number | null;
};

export type SetSettingInput = {
  readonly name: string;
  readonly value: Json;
};

export type SignInInput = {
  readonly account?: string | null;
  readonly code?: string | null;
  readonly deviceName?: string | null;
  readonly identifier?: string | null;
  readonly orgCode?: string | null;
  readonly password?: string | null;
  readonly recoveryCode?: string | null;
  readonly tenantId?: string | null;
  readonly totp?: string | null;
};

export type SignOutMemberInput = {
  readonly memberId: string;
};

export type SignUpInput = {
  readonly adminName?: string | null;
  readonly code?: string | null;
  readonly companyName: string;
  readonly currency?: string | null;
  readonly demoData?: boolean | null;
  readonly deviceName?: string | null;
  readonly email?: string | null;
  readonly language?: string | null;
  readonly password?: string | null;
  readonly phone?: string | null;
  readonly recoveryCode?: string | null;
  readonly totp?: string | null;
  readonly zone?: string | null;
};

export type SwitchTenantInput = {
  readonly deviceName?: string | null;
  readonly tenantId: string;
};

export type UnassignRoleInput = {
  readonly id: string;
  readonly version?: number | null;
};

export type UndoMergeInput = {
  readonly auditId: string;
  readonly fields?: readonly string[] | null;
  readonly force?: boolean | null;
};

export type WipeDeviceInput = {
  readonly afterPush?: boolean | null;
  readonly id: string;
  readonly reason: string;
};

export type WithdrawInvitationInput = {
  readonly id: string;
};

export interface Operations {
  readonly ArchiveCustomField: {
    readonly variables: {
      readonly input: ArchiveCustomFieldInput;
    };
    readonly result: {
      readonly archiveCustomField: {
        readonly id: string;
        readonly version: number;
        readonly entity: string;
        readonly key: string;
        readonly labelZh: string;
        readonly labelEn: string | null;
        readonly kind: string;
        readonly required: boolean;
        readonly filterable: boolean;
        readonly choices: Json | null;
        readonly currency: string | null;
        readonly target: string | null;
        readonly position: number;
        readonly archivedAt: string | null;
      } | null;
    };
  };
  readonly ArchiveTag: {
    readonly variables: {
      readonly input: ArchiveTagInput;
    };
    readonly result: {
      readonly archiveTag: {
        readonly id: string;
        readonly version: number;
        readonly name: string;
        readonly colour: string | null;
        readonly archivedAt: string | null;
      } | null;
    };
  };
  readonly AssignCustomer: {
    readonly variables: {
      readonly input: AssignCustomerInput;
    };
    readonly result: {
      readonly assignCustomer: {
        readonly id: string;
        readonly ownerId: string | null;
      } | null;
    };
  };
  readonly AssignCustomers: {
    readonly variables: {
      readonly input: AssignCustomersInput;
    };
    readonly result: {
      readonly assignCustomers: {
        readonly rows: readonly ({
          readonly id: string;
          readonly applied: boolean;
          readonly code: string | null;
          readonly field: string | null;
          readonly message: string | null;
          readonly remedy: string | null;
        })[];
      };
    };
  };
  readonly AssignRole: {
    readonly variables: {
      readonly input: AssignRoleInput;
    };
    readonly result: {
      readonly assignRole: {
        readonly id: string;
        readonly version: number;
        readonly memberId: string;
        readonly member: {
          readonly id: string;
          readonly name: string;
        } | null;
        readonly roleId: string;
        readonly role: {
          readonly id: string;
          readonly name: string;
          readonly key: string | null;
        } | null;
        readonly scope: string;
        readonly organisationId: string | null;
        readonly organisation: {
          readonly id: string;
          readonly name: string;
        } | null;
      } | null;
    };
  };
  readonly AuditEntries: {
    readonly variables: {
      readonly first?: number | null;
      readonly after?: string | null;
      readonly filter?: AuditFilter | null;
    };
    readonly result: {
      readonly auditEntries: {
        readonly totalCount: number;
        readonly pageInfo: {
          readonly hasNextPage: boolean;
          readonly endCursor: string | null;
        };
        readonly nodes: readonly ({
          readonly id: string;
          readonly at: string;
          readonly member: {
            readonly id: string;
            readonly name: string;
          } | null;
          readonly memberId: string | null;
          readonly actorLabel: string;
          readonly onBehalfOf: string | null;
          readonly command: string;
          readonly commandLabel: string;
          readonly entity: string;
          readonly entityLabel: string;
          readonly systemRecord: boolean;
          readonly rowId: string;
          readonly op: string;
          readonly before: Json | null;
          readonly after: Json | null;
          readonly deviceId: string | null;
          readonly requestId: string | null;
        })[];
      } | null;
    };
  };
  readonly CancelWipe: {
    readonly variables: {
      readonly input: CancelWipeInput;
    };
    readonly result: {
      readonly cancelWipe: {
        readonly id: string;
      } | null;
    };
  };
  readonly ChangePassword: {
    readonly variables: {
      readonly input: ChangePasswordInput;
    };
    readonly result: {
      readonly changePassword: {
        readonly done: boolean;
      };
    };
  };
  readonly Changes: {
    readonly variables: {
      readonly entity?: readonly string[] | null;
    };
    readonly result: {
      readonly changes: {
        readonly entity: string;
        readonly id: string | null;
        readonly op: string;
        readonly clock: string;
      };
    };
  };
  readonly ClearDemoData: {
    readonly variables: Record<string, never>;
    readonly result: {
      readonly clearDemoData: {
        readonly customers: number;
        readonly contacts: number;
        readonly activities: number;
        readonly products: number;
        readonly orders: number;
        readonly kept: number;
      };
    };
  };
  readonly ClearTrialData: {
    readonly variables: {
      readonly input: ClearTrialDataInput;
    };
    readonly result: {
      readonly clearTrialData: {
        readonly done: boolean;
        readonly removed: number;
      };
    };
  };
  readonly ConfirmTotp: {
    readonly variables: {
      readonly input: ConfirmTotpInput;
    };
    readonly result: {
      readonly confirmTotp: {
        readonly codes: readonly string[];
      };
    };
  };
  readonly CreateDepartment: {
    readonly variables: {
      readonly input: CreateDepartmentInput;
    };
    readonly result: {
      readonly createDepartment: {
        readonly id: string;
        readonly version: number;
        readonly name: string;
        readonly path: string;
        readonly organisationId: string;
        readonly parentId: string | null;
      } | null;
    };
  };
  readonly CreateMember: {
    readonly variables: {
      readonly input: CreateMemberInput;
    };
    readonly result: {
      readonly createMember: {
        readonly orgCode: string;
        readonly member: {
          readonly id: string;
          readonly name: string;
          readonly account: string | null;
          readonly phone: string | null;
          readonly email: string | null;
          readonly language: string;
        };
      };
    };
  };
  readonly CreateOrganisation: {
    readonly variables: {
      readonly input: CreateOrganisationInput;
    };
    readonly result: {
      readonly createOrganisation: {
        readonly id: string;
        readonly version: number;
        readonly name: string;
        readonly kind: string;
        readonly path: string;
        readonly parentId: string | null;
        readonly legalEntityId: string;
      } | null;
    };
  };
  readonly CreateRole: {
    readonly variables: {
      readonly input: CreateRoleInput;
    };
    readonly result: {
      readonly createRole: {
        readonly id: string;
        readonly version: number;
        readonly key: string | null;
        readonly name: string;
        readonly permissions: Json;
        readonly masks: Json;
        readonly updatedAt: string;
      } | null;
    };
  };
  readonly CreateTag: {
    readonly variables: {
      readonly input: CreateTagInput;
    };
    readonly result: {
      readonly createTag: {
        readonly id: string;
        readonly version: number;
        readonly name: string;
        readonly colour: string | null;
        readonly archivedAt: string | null;
      } | null;
    };
  };
  readonly DeactivateMember: {
    readonly variables: {
      readonly input: DeactivateMemberInput;
    };
    readonly result: {
      readonly deactivateMember: {
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
        readonly deactivatedById: string | null;
        readonly erasedAt: string | null;
      } | null;
    };
  };
  readonly DefineCustomField: {
    readonly variables: {
      readonly input: DefineCustomFieldInput;
    };
    readonly result: {
      readonly defineCustomField: {
        readonly id: string;
        readonly version: number;
        readonly entity: string;
        readonly key: string;
        readonly labelZh: string;
        readonly labelEn: string | null;
        readonly kind: string;
        readonly required: boolean;
        readonly filterable: boolean;
        readonly choices: Json | null;
        readonly currency: string | null;
        readonly target: string | null;
        readonly position: number;
        readonly archivedAt: string | null;
      } | null;
    };
  };
  readonly DeleteRole: {
    readonly variables: {
      readonly input: DeleteRoleInput;
    };
    readonly result: {
      readonly deleteRole: {
        readonly id: string;
      };
    };
  };
  readonly DeviceHealth: {
    readonly variables: Record<string, never>;
    readonly result: {
      readonly deviceHealth: {
        readonly total: number;
        readonly healthy: number;
        readonly behind: number;
        readonly silent: number;
        readonly stuck: number;
        readonly unencrypted: number;
        readonly revoked: number;
        readonly wipePending: number;
        readonly wiped: number;
      };
    };
  };
  readonly Devices: {
    readonly variables: {
      readonly first?: number | null;
      readonly after?: string | null;
      readonly filter?: DeviceFilter | null;
      readonly orderBy?: readonly DeviceOrder[] | null;
      readonly states?: readonly ("BEHIND" | "HEALTHY" | "REVOKED" | "SILENT" | "STUCK" | "UNENCRYPTED" | "WIPED" | "WIPE_PENDING")[] | null;
    };
    readonly result: {
      readonly devices: {
        readonly totalCount: number;
        readonly pageInfo: {
          readonly hasNextPage: boolean;
          readonly endCursor: string | null;
        };
        readonly nodes: readonly ({
          readonly id: string;
          readonly version: number;
          readonly name: string;
          readonly platform: string;
          readonly osVersion: string | null;
          readonly appVersion: string | null;
          readonly client: string | null;
          readonly member: {
            readonly id: string;
            readonly name: string;
          } | null;
          readonly memberId: string;
          readonly lastContactAt: string;
          readonly lastSeenAt: string;
          readonly pulledAt: string | null;
          readonly lag: number | null;
          readonly lagSeconds: number | null;
          readonly queued: number;
          readonly oldestQueuedAt: string | null;
          readonly queueAgeSeconds: number | null;
          readonly stuckOperations: number | null;
          readonly replicaBytes: string | null;
          readonly encrypted: boolean | null;
          readonly persistent: boolean | null;
          readonly states: readonly ("BEHIND" | "HEALTHY" | "REVOKED" | "SILENT" | "STUCK" | "UNENCRYPTED" | "WIPED" | "WIPE_PENDING")[];
          readonly revokedAt: string | null;
          readonly wipeState: "CONFIRMED" | "DELIVERED" | "NONE" | "REQUESTED";
          readonly wipeReason: string | null;
          readonly wipeAfterPush: boolean | null;
          readonly wipeRequestedAt: string | null;
          readonly wipeRequestedBy: {
            readonly id: string;
            readonly name: string;
          } | null;
          readonly wipeDeliveredAt: string | null;
          readonly wipedAt: string | null;
          readonly wipeErasedAt: string | null;
          readonly wipeMethod: string | null;
          readonly wipeUnsent: number | null;
          readonly originId: string | null;
          readonly createdAt: string;
        })[];
      } | null;
    };
  };
  readonly DisableTotp: {
    readonly variables: {
      readonly input: DisableTotpInput;
    };
    readonly result: {
      readonly disableTotp: {
        readonly done: boolean;
      };
    };
  };
  readonly EditCustomField: {
    readonly variables: {
      readonly input: EditCustomFieldInput;
    };
    readonly result: {
      readonly editCustomField: {
        readonly id: string;
        readonly version: number;
        readonly entity: string;
        readonly key: string;
        readonly labelZh: string;
        readonly labelEn: string | null;
        readonly kind: string;
        readonly required: boolean;
        readonly filterable: boolean;
        readonly choices: Json | null;
        readonly currency: string | null;
        readonly target: string | null;
        readonly position: number;
        readonly archivedAt: string | null;
      } | null;
    };
  };
  readonly EditDepartment: {
    readonly variables: {
      readonly input: EditDepartmentInput;
    };
    readonly result: {
      readonly editDepartment: {
        readonly id: string;
        readonly version: number;
        readonly name: string;
        readonly path: string;
        readonly organisationId: string;
        readonly parentId: string | null;
      } | null;
    };
  };
  readonly EditLegalEntity: {
    readonly variables: {
      readonly input: EditLegalEntityInput;
    };
    readonly result: {
      readonly editLegalEntity: {
        readonly id: string;
        readonly version: number;
        readonly name: string;
        readonly taxNumber: string | null;
        readonly currency: string;
        readonly zone: string;
      } | null;
    };
  };
  readonly EditMember: {
    readonly variables: {
      readonly input: EditMemberInput;
    };
    readonly result: {
      readonly editMember: {
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
        readonly deactivatedById: string | null;
        readonly erasedAt: string | null;
      } | null;
    };
  };
  readonly EditOrganisation: {
    readonly variables: {
      readonly input: EditOrganisationInput;
    };
    readonly result: {
      readonly editOrganisation: {
        readonly id: string;
        readonly version: number;
        readonly name: string;
        readonly kind: string;
        readonly path: string;
        readonly parentId: string | null;
        readonly legalEntityId: string;
      } | null;
    };
  };
  readonly EditRole: {
    readonly variables: {
      readonly input: EditRoleInput;
    };
    readonly result: {
      readonly editRole: {
        readonly id: string;
        readonly version: number;
        readonly key: string | null;
        readonly name: string;
        readonly permissions: Json;
        readonly masks: Json;
        readonly updatedAt: string;
      } | null;
    };
  };
  readonly EditTag: {
    readonly variables: {
      readonly input: EditTagInput;
    };
    readonly result: {
      readonly editTag: {
        readonly id: string;
        readonly version: number;
        readonly name: string;
        readonly colour: string | null;
        readonly archivedAt: string | null;
      } | null;
    };
  };
  readonly EnrollTotp: {
    readonly variables: {
      readonly input: EnrollTotpInput;
    };
    readonly result: {
      readonly enrollTotp: {
        readonly secret: string;
        readonly uri: string;
      };
    };
  };
  readonly EraseMember: {
    readonly variables: {
      readonly input: EraseMemberInput;
    };
    readonly result: {
      readonly eraseMember: {
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
        readonly deactivatedById: string | null;
        readonly erasedAt: string | null;
      } | null;
    };
  };
  readonly ExportData: {
    readonly variables: {
      readonly entity?: string | null;
      readonly format?: string | null;
    };
    readonly result: {
      readonly exportData: {
        readonly path: string;
        readonly fileName: string;
        readonly expiresAt: string;
      };
    };
  };
  readonly ImportContacts: {
    readonly variables: {
      readonly file: FileInput;
      readonly mapping?: Json | null;
      readonly sheet?: string | null;
      readonly existing?: string | null;
      readonly dryRun?: boolean;
      readonly onlyIfAllGood?: boolean;
    };
    readonly result: {
      readonly importContacts: {
        readonly dryRun: boolean;
        readonly sha256: string;
        readonly rows: number;
        readonly created: number;
        readonly updated: number;
        readonly unchanged: number;
        readonly skipped: number;
        readonly bad: number;
        readonly columns: readonly ({
          readonly header: string;
          readonly field: string | null;
          readonly label: string | null;
        })[];
        readonly problems: readonly ({
          readonly row: number;
          readonly column: string | null;
          readonly code: string;
          readonly message: string;
          readonly remedy: string;
        })[];
        readonly problemsTotal: number;
        readonly warnings: readonly ({
          readonly row: number;
          readonly column: string | null;
          readonly code: string;
          readonly message: string;
          readonly remedy: string;
        })[];
        readonly warningsTotal: number;
        readonly updates: readonly {
          readonly row: number;
          readonly id: string;
          readonly fields: readonly string[];
        }[];
      };
    };
  };
  readonly ImportCustomers: {
    readonly variables: {
      readonly file: FileInput;
      readonly mapping?: Json | null;
      readonly sheet?: string | null;
      readonly existing?: string | null;
      readonly dryRun?: boolean;
      readonly onlyIfAllGood?: boolean;
    };
    readonly result: {
      readonly importCustomers: {
        readonly dryRun: boolean;
        readonly sha256: string;
        readonly rows: number;
        readonly created: number;
        readonly updated: number;
        readonly unchanged: number;
        readonly skipped: number;
        readonly bad: number;
        readonly columns: readonly ({
          readonly header: string;
          readonly field: string | null;
          readonly label: string | null;
        })[];
        readonly problems: readonly ({
          readonly row: number;
          readonly column: string | null;
          readonly code: string;
          readonly message: string;
          readonly remedy: string;
        })[];
        readonly problemsTotal: number;
        readonly warnings: readonly ({
          readonly row: number;
          readonly column: string | null;
          readonly code: string;
          readonly message: string;
          readonly remedy: string;
        })[];
        readonly warningsTotal: number;
        readonly updates: readonly {
          readonly row: number;
          readonly id: string;
          readonly fields: readonly string[];
        }[];
      };
    };
  };
  readonly ImportOpeningStock: {
    readonly variables: {
      readonly file: FileInput;
      readonly mapping?: Json | null;
      readonly sheet?: string | null;
      readonly existing?: string | null;
      readonly dryRun?: boolean;
      readonly onlyIfAllGood?: boolean;
    };
    readonly result: {
      readonly importOpeningStock: {
        readonly dryRun: boolean;
        readonly sha256: string;
        readonly rows: number;
        readonly created: number;
        readonly updated: number;
        readonly unchanged: number;
        readonly skipped: number;
        readonly bad: number;
        readonly columns: readonly ({
          readonly header: string;
          readonly field: string | null;
          readonly label: string | null;
        })[];
        readonly problems: readonly ({
          readonly row: number;
          readonly column: string | null;
          readonly code: string;
          readonly message: string;
          readonly remedy: string;
        })[];
        readonly problemsTotal: number;
        readonly warnings: readonly ({
          readonly row: number;
          readonly column: string | null;
          readonly code: string;
          readonly message: string;
          readonly remedy: string;
        })[];
        readonly warningsTotal: number;
        readonly stock: readonly {
          readonly warehouse: string;
          readonly rows: number;
          readonly quantity: string;
          readonly onHand: string;
        }[];
        readonly updates: readonly {
          readonly row: number;
          readonly id: string;
          readonly fields: readonly string[];
        }[];
      };
    };
  };
  readonly ImportProducts: {
    readonly variables: {
      readonly file: FileInput;
      readonly mapping?: Json | null;
      readonly sheet?: string | null;
      readonly existing?: string | null;
      readonly dryRun?: boolean;
      readonly onlyIfAllGood?: boolean;
    };
    readonly result: {
      readonly importProducts: {
        readonly dryRun: boolean;
        readonly sha256: string;
        readonly rows: number;
        readonly created: number;
        readonly updated: number;
        readonly unchanged: number;
        readonly skipped: number;
        readonly bad: number;
        readonly columns: readonly ({
          readonly header: string;
          readonly field: string | null;
          readonly label: string | null;
        })[];
        readonly problems: readonly ({
          readonly row: number;
          readonly column: string | null;
          readonly code: string;
          readonly message: string;
          readonly remedy: string;
        })[];
        readonly problemsTotal: number;
        readonly warnings: readonly ({
          readonly row: number;
          readonly column: string | null;
          readonly code: string;
          readonly message: string;
          readonly remedy: string;
        })[];
        readonly warningsTotal: number;
        readonly updates: readonly {
          readonly row: number;
          readonly id: string;
          readonly fields: readonly string[];
        }[];
      };
    };
  };
  readonly InviteMember: {
    readonly variables: {
      readonly input: InviteMemberInput;
    };
    readonly result: {
      readonly inviteMember: {
        readonly id: string;
        readonly sentTo: string;
        readonly expiresAt: string;
        readonly link: string | null;
      };
    };
  };
  readonly LegalEntities: {
    readonly variables: {
      readonly first?: number | null;
      readonly after?: string | null;
    };
    readonly result: {
      readonly legalEntities: {
        readonly totalCount: number;
        readonly pageInfo: {
          readonly hasNextPage: boolean;
          readonly endCursor: string | null;
        };
        readonly nodes: readonly ({
          readonly id: string;
          readonly version: number;
          readonly name: string;
          readonly taxNumber: string | null;
          readonly currency: string;
          readonly zone: string;
        })[];
      } | null;
    };
  };
  readonly MaskableFields: {
    readonly variables: Record<string, never>;
    readonly result: {
      readonly maskableFields: readonly {
        readonly code: string;
        readonly entity: string;
        readonly entityLabel: string;
        readonly field: string;
        readonly label: string;
      }[];
    };
  };
  readonly Me: {
    readonly variables: Record<string, never>;
    readonly result: {
      readonly me: {
        readonly userId: string;
        readonly emailVerified: boolean;
        readonly mustChangePassword: boolean;
        readonly totpEnabled: boolean;
        readonly recoveryCodesLeft: number;
        readonly permissions: readonly string[];
        readonly member: {
          readonly id: string;
          readonly name: string;
          readonly account: string | null;
          readonly phone: string | null;
          readonly email: string | null;
          readonly language: string;
        };
        readonly tenant: {
          readonly id: string;
          readonly name: string;
          readonly orgCode: string;
          readonly zone: string;
          readonly memberId: string;
          readonly current: boolean;
          readonly suspended: boolean;
          readonly trialEndsAt: string;
          readonly access: {
            readonly state: string;
            readonly writable: boolean;
            readonly since: string;
            readonly endsAt: string | null;
            readonly trialEndsAt: string;
            readonly reason: string | null;
            readonly remedy: string | null;
            readonly baseCurrency: string;
            readonly zone: string;
            readonly requests: readonly {
              readonly code: string;
              readonly requestedAt: string;
            }[];
            readonly modules: readonly {
              readonly code: string;
              readonly name: string;
              readonly trial: boolean;
            }[];
          };
        };
      };
    };
  };
  readonly Members: {
    readonly variables: {
      readonly first?: number | null;
      readonly after?: string | null;
      readonly filter?: MemberFilter | null;
    };
    readonly result: {
      readonly members: {
        readonly totalCount: number;
        readonly pageInfo: {
          readonly hasNextPage: boolean;
          readonly endCursor: string | null;
        };
        readonly nodes: readonly ({
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
          readonly deactivatedById: string | null;
          readonly erasedAt: string | null;
          readonly roleAssignments: {
            readonly nodes: readonly ({
              readonly id: string;
              readonly version: number;
              readonly roleId: string;
              readonly scope: string;
              readonly organisationId: string | null;
            })[];
          } | null;
        })[];
      } | null;
    };
  };
  readonly MoveDepartment: {
    readonly variables: {
      readonly input: MoveDepartmentInput;
    };
    readonly result: {
      readonly moveDepartment: {
        readonly id: string;
        readonly version: number;
        readonly name: string;
        readonly path: string;
        readonly organisationId: string;
        readonly parentId: string | null;
      } | null;
    };
  };
  readonly MoveMember: {
    readonly variables: {
      readonly input: MoveMemberInput;
    };
    readonly result: {
      readonly moveMember: {
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
        readonly deactivatedById: string | null;
        readonly erasedAt: string | null;
      } | null;
    };
  };
  readonly MyTenants: {
    readonly variables: Record<string, never>;
    readonly result: {
      readonly myTenants: readonly ({
        readonly id: string;
        readonly name: string;
        readonly orgCode: string;
        readonly zone: string;
        readonly memberId: string;
        readonly current: boolean;
        readonly suspended: boolean;
        readonly trialEndsAt: string;
        readonly access: {
          readonly state: string;
          readonly writable: boolean;
          readonly since: string;
          readonly endsAt: string | null;
          readonly trialEndsAt: string;
          readonly reason: string | null;
          readonly remedy: string | null;
          readonly modules: readonly {
            readonly code: string;
            readonly name: string;
          }[];
        };
      })[];
    };
  };
  readonly NumberEvidence: {
    readonly variables: {
      readonly series?: string | null;
    };
    readonly result: {
      readonly numberEvidence: readonly ({
        readonly key: string;
        readonly prefix: string;
        readonly last: number;
        readonly used: number;
        readonly voided: number;
        readonly outstanding: number;
        readonly unexplained: number;
        readonly gaps: readonly ({
          readonly first: number;
          readonly last: number;
          readonly leaseId: string | null;
          readonly why: string;
          readonly reason: string | null;
        })[];
        readonly leases: readonly ({
          readonly id: string;
          readonly deviceId: string;
          readonly memberId: string | null;
          readonly first: number;
          readonly last: number;
          readonly used: number;
          readonly voided: number;
          readonly outstanding: number;
          readonly closedReason: string | null;
        })[];
      })[];
    };
  };
  readonly OpenInvitations: {
    readonly variables: Record<string, never>;
    readonly result: {
      readonly openInvitations: readonly ({
        readonly id: string;
        readonly name: string;
        readonly sentTo: string;
        readonly roleIds: readonly string[];
        readonly scope: string;
        readonly organisationId: string | null;
        readonly departmentId: string | null;
        readonly inviterId: string | null;
        readonly sentAt: string;
        readonly expiresAt: string;
      })[];
    };
  };
  readonly Permissions: {
    readonly variables: Record<string, never>;
    readonly result: {
      readonly permissions: readonly {
        readonly code: string;
        readonly name: string;
      }[];
    };
  };
  readonly ReactivateMember: {
    readonly variables: {
      readonly input: ReactivateMemberInput;
    };
    readonly result: {
      readonly reactivateMember: {
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
        readonly deactivatedById: string | null;
        readonly erasedAt: string | null;
      } | null;
    };
  };
  readonly RenameDevice: {
    readonly variables: {
      readonly input: RenameDeviceInput;
    };
    readonly result: {
      readonly renameDevice: {
        readonly id: string;
      } | null;
    };
  };
  readonly RequestEmailVerification: {
    readonly variables: Record<string, never>;
    readonly result: {
      readonly requestEmailVerification: {
        readonly done: boolean;
      };
    };
  };
  readonly RequestModule: {
    readonly variables: {
      readonly input: RequestModuleInput;
    };
    readonly result: {
      readonly requestModule: {
        readonly module: string;
        readonly requestedAt: string;
      };
    };
  };
  readonly RequestSmsCode: {
    readonly variables: {
      readonly input: RequestSmsCodeInput;
    };
    readonly result: {
      readonly requestSmsCode: {
        readonly done: boolean;
      };
    };
  };
  readonly ResendInvitation: {
    readonly variables: {
      readonly input: ResendInvitationInput;
    };
    readonly result: {
      readonly resendInvitation: {
        readonly id: string;
        readonly sentTo: string;
        readonly expiresAt: string;
        readonly link: string | null;
      };
    };
  };
  readonly ResetMemberPassword: {
    readonly variables: {
      readonly input: ResetMemberPasswordInput;
    };
    readonly result: {
      readonly resetMemberPassword: {
        readonly done: boolean;
      };
    };
  };
  readonly RestoreCustomField: {
    readonly variables: {
      readonly input: RestoreCustomFieldInput;
    };
    readonly result: {
      readonly restoreCustomField: {
        readonly id: string;
        readonly version: number;
        readonly entity: string;
        readonly key: string;
        readonly labelZh: string;
        readonly labelEn: string | null;
        readonly kind: string;
        readonly required: boolean;
        readonly filterable: boolean;
        readonly choices: Json | null;
        readonly currency: string | null;
        readonly target: string | null;
        readonly position: number;
        readonly archivedAt: string | null;
      } | null;
    };
  };
  readonly RestoreTag: {
    readonly variables: {
      readonly input: RestoreTagInput;
    };
    readonly result: {
      readonly restoreTag: {
        readonly id: string;
        readonly version: number;
        readonly name: string;
        readonly colour: string | null;
        readonly archivedAt: string | null;
      } | null;
    };
  };
  readonly RevokeDevice: {
    readonly variables: {
      readonly input: RevokeDeviceInput;
    };
    readonly result: {
      readonly revokeDevice: {
        readonly id: string;
      } | null;
    };
  };
  readonly RevokeSession: {
    readonly variables: {
      readonly input: RevokeSessionInput;
    };
    readonly result: {
      readonly revokeSession: {
        readonly count: number;
      };
    };
  };
  readonly RoleAssignments: {
    readonly variables: {
      readonly memberId?: string | null;
      readonly first?: number | null;
      readonly after?: string | null;
    };
    readonly result: {
      readonly roleAssignments: {
        readonly totalCount: number;
        readonly pageInfo: {
          readonly hasNextPage: boolean;
          readonly endCursor: string | null;
        };
        readonly nodes: readonly ({
          readonly id: string;
          readonly version: number;
          readonly memberId: string;
          readonly member: {
            readonly id: string;
            readonly name: string;
          } | null;
          readonly roleId: string;
          readonly role: {
            readonly id: string;
            readonly name: string;
            readonly key: string | null;
          } | null;
          readonly scope: string;
          readonly organisationId: string | null;
          readonly organisation: {
            readonly id: string;
            readonly name: string;
          } | null;
        })[];
      } | null;
    };
  };
  readonly Roles: {
    readonly variables: {
      readonly first?: number | null;
      readonly after?: string | null;
    };
    readonly result: {
      readonly roles: {
        readonly totalCount: number;
        readonly pageInfo: {
          readonly hasNextPage: boolean;
          readonly endCursor: string | null;
        };
        readonly nodes: readonly ({
          readonly id: string;
          readonly version: number;
          readonly key: string | null;
          readonly name: string;
          readonly permissions: Json;
          readonly masks: Json;
          readonly updatedAt: string;
        })[];
      } | null;
    };
  };
  readonly RowHistory: {
    readonly variables: {
      readonly entity: string;
      readonly rowId: string;
      readonly first?: number | null;
      readonly after?: string | null;
    };
    readonly result: {
      readonly auditEntries: {
        readonly totalCount: number;
        readonly pageInfo: {
          readonly hasNextPage: boolean;
          readonly endCursor: string | null;
        };
        readonly nodes: readonly ({
          readonly id: string;
          readonly at: string;
          readonly member: {
            readonly id: string;
            readonly name: string;
          } | null;
          readonly memberId: string | null;
          readonly actorLabel: string;
          readonly onBehalfOf: string | null;
          readonly command: string;
          readonly commandLabel: string;
          readonly entity: string;
          readonly entityLabel: string;
          readonly rowId: string;
          readonly op: string;
          readonly before: Json | null;
          readonly after: Json | null;
          readonly deviceId: string | null;
          readonly requestId: string | null;
        })[];
      } | null;
    };
  };
  readonly Search: {
    readonly variables: {
      readonly text: string;
    };
    readonly result: {
      readonly search: readonly ({
        readonly kind: string;
        readonly id: string;
        readonly title: string;
        readonly node: {
          readonly mobile: string | null;
          readonly customer: {
            readonly id: string;
            readonly name: string;
          } | null;
        } | {
          readonly code: string | null;
          readonly phone: string | null;
        } | Record<string, never>;
      })[];
    };
  };
  readonly SecurityEvents: {
    readonly variables: {
      readonly first?: number | null;
      readonly after?: string | null;
    };
    readonly result: {
      readonly securityEvents: {
        readonly hasNextPage: boolean;
        readonly endCursor: string | null;
        readonly events: readonly ({
          readonly id: string;
          readonly at: string;
          readonly event: string;
          readonly eventLabel: string;
          readonly reason: string | null;
          readonly memberId: string | null;
          readonly member: {
            readonly id: string;
            readonly name: string;
          } | null;
          readonly identifier: string | null;
          readonly address: string | null;
          readonly deviceName: string | null;
        })[];
      };
    };
  };
  readonly Sessions: {
    readonly variables: Record<string, never>;
    readonly result: {
      readonly sessions: readonly ({
        readonly id: string;
        readonly tenantId: string;
        readonly tenantName: string;
        readonly deviceName: string | null;
        readonly address: string | null;
        readonly createdAt: string;
        readonly lastSeenAt: string;
        readonly expiresAt: string;
        readonly current: boolean;
      })[];
    };
  };
  readonly SetScope: {
    readonly variables: {
      readonly input: SetScopeInput;
    };
    readonly result: {
      readonly setScope: {
        readonly id: string;
        readonly version: number;
        readonly memberId: string;
        readonly member: {
          readonly id: string;
          readonly name: string;
        } | null;
        readonly roleId: string;
        readonly role: {
          readonly id: string;
          readonly name: string;
          readonly key: string | null;
        } | null;
        readonly scope: string;
        readonly organisationId: string | null;
        readonly organisation: {
          readonly id: string;
          readonly name: string;
        } | null;
      } | null;
    };
  };
  readonly SetSetting: {
    readonly variables: {
      readonly input: SetSettingInput;
    };
    readonly result: {
      readonly setSetting: {
        readonly id: string;
        readonly version: number;
        readonly name: string;
        readonly value: Json;
      } | null;
    };
  };
  readonly Settings: {
    readonly variables: Record<string, never>;
    readonly result: {
      readonly settings: readonly ({
        readonly name: string;
        readonly label: string;
        readonly value: Json | null;
        readonly default: Json | null;
        readonly accepts: string;
      })[];
    };
  };
  readonly SignIn: {
    readonly variables: {
      readonly input: SignInInput;
    };
    readonly result: {
      readonly signIn: {
        readonly token: string | null;
        readonly expiresAt: string | null;
        readonly totpRequired: boolean;
        readonly mustChangePassword: boolean;
        readonly tenant: {
          readonly id: string;
          readonly name: string;
          readonly orgCode: string;
          readonly zone: string;
          readonly memberId: string;
          readonly current: boolean;
          readonly suspended: boolean;
          readonly trialEndsAt: string;
          readonly access: {
            readonly state: string;
            readonly writable: boolean;
            readonly since: string;
            readonly endsAt: string | null;
            readonly trialEndsAt: string;
            readonly reason: string | null;
            readonly remedy: string | null;
            readonly modules: readonly {
              readonly code: string;
              readonly name: string;
            }[];
          };
        } | null;
        readonly member: {
          readonly id: string;
          readonly name: string;
          readonly account: string | null;
          readonly phone: string | null;
          readonly email: string | null;
          readonly language: string;
        } | null;
      };
    };
  };
  readonly SignOut: {
    readonly variables: Record<string, never>;
    readonly result: {
      readonly signOut: {
        readonly done: boolean;
      };
    };
  };
  readonly SignOutMember: {
    readonly variables: {
      readonly input: SignOutMemberInput;
    };
    readonly result: {
      readonly signOutMember: {
        readonly count: number;
      };
    };
  };
  readonly SignUp: {
    readonly variables: {
      readonly input: SignUpInput;
    };
    readonly result: {
      readonly signUp: {
        readonly token: string;
        readonly trialEndsAt: string;
        readonly mustVerifyEmail: boolean;
        readonly tenant: {
          readonly id: string;
          readonly name: string;
          readonly orgCode: string;
          readonly zone: string;
          readonly memberId: string;
          readonly current: boolean;
          readonly suspended: boolean;
          readonly trialEndsAt: string;
          readonly access: {
            readonly state: string;
            readonly writable: boolean;
            readonly since: string;
            readonly endsAt: string | null;
            readonly trialEndsAt: string;
            readonly reason: string | null;
            readonly remedy: string | null;
            readonly modules: readonly {
              readonly code: string;
              readonly name: string;
            }[];
          };
        };
        readonly member: {
          readonly id: string;
          readonly name: string;
          readonly account: string | null;
          readonly phone: string | null;
          readonly email: string | null;
          readonly language: string;
        };
      };
    };
  };
  readonly SwitchTenant: {
    readonly variables: {
      readonly input: SwitchTenantInput;
    };
    readonly result: {
      readonly switchTenant: {
        readonly token: string | null;
        readonly expiresAt: string | null;
        readonly totpRequired: boolean;
        readonly mustChangePassword: boolean;
        readonly tenant: {
          readonly id: string;
          readonly name: string;
          readonly orgCode: string;
          readonly zone: string;
          readonly memberId: string;
          readonly current: boolean;
          readonly suspended: boolean;
          readonly trialEndsAt: string;
          readonly access: {
            readonly state: string;
            readonly writable: boolean;
            readonly since: string;
            readonly endsAt: string | null;
            readonly trialEndsAt: string;
            readonly reason: string | null;
            readonly remedy: string | null;
            readonly modules: readonly {
              readonly code: string;
              readonly name: string;
            }[];
          };
        } | null;
        readonly member: {
          readonly id: string;
          readonly name: string;
          readonly account: string | null;
          readonly phone: string | null;
          readonly email: string | null;
          readonly language: string;
        } | null;
      };
    };
  };
  readonly UnassignRole: {
    readonly variables: {
      readonly input: UnassignRoleInput;
    };
    readonly result: {
      readonly unassignRole: {
        readonly id: string;
      };
    };
  };
  readonly UndoMerge: {
    readonly variables: {
      readonly input: UndoMergeInput;
    };
    readonly result: {
      readonly undoMerge: {
        readonly entity: string;
        readonly rowId: string;
        readonly fields: readonly string[];
      };
    };
  };
  readonly WipeDevice: {
    readonly variables: {
      readonly input: WipeDeviceInput;
    };
    readonly result: {
      readonly wipeDevice: {
        readonly id: string;
      } | null;
    };
  };
  readonly WithdrawInvitation: {
    readonly variables: {
      readonly input: WithdrawInvitationInput;
    };
    readonly result: {
      readonly withdrawInvitation: {
        readonly done: boolean;
      };
    };
  };
}

/** `hash`: SHA-256 of `text`, in hexadecimal. */
export interface OperationText {
  readonly kind: "query" | "mutation" | "subscription";
  readonly hash: string;
  readonly text: string;
}

export const OPERATIONS: Readonly<Record<keyof Operations, OperationText>> = {
  ArchiveCustomField: {
    kind: "mutation",
    hash: "672b9670fddbf506574e829db94ed9102c3e57a8e2ab176f98b9760f7e953e42",
    text: "mutation ArchiveCustomField($input:ArchiveCustomFieldInput!){archiveCustomField(input:$input){id version entity key labelZh labelEn kind required filterable choices currency target position archivedAt}}",
  },
  ArchiveTag: {
    kind: "mutation",
    hash: "44f8d3523d2ce2fd43c091d4a67fbcbe3a3c949aed41830067d6b95ef2504f18",
    text: "mutation ArchiveTag($input:ArchiveTagInput!){archiveTag(input:$input){id version name colour archivedAt}}",
  },
  AssignCustomer: {
    kind: "mutation",
    hash: "44bef82b4140fc36b69b3d41d14c1c7399273bbebb23b4ead2303ada4ab3c4e8",
    text: "mutation AssignCustomer($input:AssignCustomerInput!){assignCustomer(input:$input){id ownerId}}",
  },
  AssignCustomers: {
    kind: "mutation",
    hash: "0630f9226c6a69eb1a54e9826af5ba90d276958f39c0f7d85c755cc1d61959bf",
    text: "mutation AssignCustomers($input:AssignCustomersInput!){assignCustomers(input:$input){rows{id applied code field message remedy}}}",
  },
  AssignRole: {
    kind: "mutation",
    hash: "e5cea31fb72ff1a3a16339bb4adb56b51685a0655ded26a5d199ba5789f9ed39",
    text: "mutation AssignRole($input:AssignRoleInput!){assignRole(input:$input){id version memberId member{id name}roleId role{id name key}scope organisationId organisation{id name}}}",
  },
  AuditEntries: {
    kind: "query",
    hash: "17377ace3550ec785960cf6becd9b2552ef1d334c33a673603945d8b169d95a1",
    text: "query AuditEntries($first:Int=50$after:String$filter:AuditFilter){auditEntries(first:$first after:$after filter:$filter){totalCount pageInfo{hasNextPage endCursor}nodes{id at member{id name}memberId actorLabel onBehalfOf command commandLabel entity entityLabel systemRecord rowId op before after deviceId requestId}}}",
  },
  CancelWipe: {
    kind: "mutation",
    hash: "485d000598dba32693444e342ea489a80ab8f640ec2d2eef64c4d6949bc938a2",
    text: "mutation CancelWipe($input:CancelWipeInput!){cancelWipe(input:$input){id}}",
  },
  ChangePassword: {
    kind: "mutation",
    hash: "6081a1abc25e89ccbc54e1fa2cb8345117bda106c8f664562c927f7d5d67326b",
    text: "mutation ChangePassword($input:ChangePasswordInput!){changePassword(input:$input){done}}",
  },
  Changes: {
    kind: "subscription",
    hash: "4ba8015d227029860e9d5ecb45cb9c5b5563562684b9652b68ba9e0702b35456",
    text: "subscription Changes($entity:[String!]){changes(entity:$entity){entity id op clock}}",
  },
  ClearDemoData: {
    kind: "mutation",
    hash: "0289708abd5d60d3f39096118080b18683b30ae52eac4e5067f80503bbe8650a",
    text: "mutation ClearDemoData{clearDemoData{customers contacts activities products orders kept}}",
  },
  ClearTrialData: {
    kind: "mutation",
    hash: "49b553d58415a03f8af7727aaa7bd61f5691817d532a72b0e6b594095b63ca82",
    text: "mutation ClearTrialData($input:ClearTrialDataInput!){clearTrialData(input:$input){done removed}}",
  },
  ConfirmTotp: {
    kind: "mutation",
    hash: "13fb3f95faf183d4de4b360a48f123e90b24ab238bfdeefb8887e0ff829b0cfd",
    text: "mutation ConfirmTotp($input:ConfirmTotpInput!){confirmTotp(input:$input){codes}}",
  },
  CreateDepartment: {
    kind: "mutation",
    hash: "7feda05bb099307e0f90fb508e7630055aa45bb3da54e8d9c639306ac5765cfa",
    text: "mutation CreateDepartment($input:CreateDepartmentInput!){createDepartment(input:$input){id version name path organisationId parentId}}",
  },
  CreateMember: {
    kind: "mutation",
    hash: "04cb8e53c761fad20680db512e10a80939bdd54648c350d56c9188c94781cb5f",
    text: "mutation CreateMember($input:CreateMemberInput!){createMember(input:$input){orgCode member{id name account phone email language}}}",
  },
  CreateOrganisation: {
    kind: "mutation",
    hash: "b65377bca56f17bbe09fdd7047c877222d8cad41c7d8bb4e4a5c66d8bcbf33a5",
    text: "mutation CreateOrganisation($input:CreateOrganisationInput!){createOrganisation(input:$input){id version name kind path parentId legalEntityId}}",
  },
  CreateRole: {
    kind: "mutation",
    hash: "170f58de54507fbcebaccb09c6708242b23f8e7d4349996db596abe7b6462043",
    text: "mutation CreateRole($input:CreateRoleInput!){createRole(input:$input){id version key name permissions masks updatedAt}}",
  },
  CreateTag: {
    kind: "mutation",
    hash: "2d655ad2cef7aa3655a3b8a2225e9b2107f045772e65dc9c833db8056256498c",
    text: "mutation CreateTag($input:CreateTagInput!){createTag(input:$input){id version name colour archivedAt}}",
  },
  DeactivateMember: {
    kind: "mutation",
    hash: "482c781e222f53a45f8a3a580cd2cbc71ea0ac883af8ecfc3458dd0308697e2f",
    text: "mutation DeactivateMember($input:DeactivateMemberInput!){deactivateMember(input:$input){id version name account phone email language organisationId departmentId joinedAt deactivatedAt deactivatedById erasedAt}}",
  },
  DefineCustomField: {
    kind: "mutation",
    hash: "1b642e8a3aaf5245dfb52daf2821bf14dd1cfae7647243411a20b47efc3086ab",
    text: "mutation DefineCustomField($input:DefineCustomFieldInput!){defineCustomField(input:$input){id version entity key labelZh labelEn kind required filterable choices currency target position archivedAt}}",
  },
  DeleteRole: {
    kind: "mutation",
    hash: "3932f4989962f3fe417e8502a4025254cc61557a5395b870c784d9d713f04485",
    text: "mutation DeleteRole($input:DeleteRoleInput!){deleteRole(input:$input){id}}",
  },
  DeviceHealth: {
    kind: "query",
    hash: "ef87ceb94b273b6f00fd21a5f347d5fc9afc5f522e152cbe1e5c64f5fbe7977e",
    text: "query DeviceHealth{deviceHealth{total healthy behind silent stuck unencrypted revoked wipePending wiped}}",
  },
  Devices: {
    kind: "query",
    hash: "f1ce028b5cd9c8abb7b46a6a181db9ec092f461c5bcd8b8755e9f560f065c4a6",
    text: "query Devices($first:Int=50$after:String$filter:DeviceFilter$orderBy:[DeviceOrder!]$states:[DeviceState!]){devices(first:$first after:$after filter:$filter orderBy:$orderBy states:$states){totalCount pageInfo{hasNextPage endCursor}nodes{id version name platform osVersion appVersion client member{id name}memberId lastContactAt lastSeenAt pulledAt lag lagSeconds queued oldestQueuedAt queueAgeSeconds stuckOperations replicaBytes encrypted persistent states revokedAt wipeState wipeReason wipeAfterPush wipeRequestedAt wipeRequestedBy{id name}wipeDeliveredAt wipedAt wipeErasedAt wipeMethod wipeUnsent originId createdAt}}}",
  },
  DisableTotp: {
    kind: "mutation",
    hash: "ceecc750f92c4741a8c6a367817949d612e42824ede6384b3b0c04bf6cc9bff3",
    text: "mutation DisableTotp($input:DisableTotpInput!){disableTotp(input:$input){done}}",
  },
  EditCustomField: {
    kind: "mutation",
    hash: "4bd7b53de2ef6642af6e6814ca3e51291e77dbff05371ae97703d8a158860c99",
    text: "mutation EditCustomField($input:EditCustomFieldInput!){editCustomField(input:$input){id version entity key labelZh labelEn kind required filterable choices currency target position archivedAt}}",
  },
  EditDepartment: {
    kind: "mutation",
    hash: "03b7dc16f95c1dd56d31c94307cddb94b7e8b00072686d270184bc1192aa44f9",
    text: "mutation EditDepartment($input:EditDepartmentInput!){editDepartment(input:$input){id version name path organisationId parentId}}",
  },
  EditLegalEntity: {
    kind: "mutation",
    hash: "bb12bda58c05e18d9faaa3c36b4837e80622d4b6a0ba95d0b76947030653f234",
    text: "mutation EditLegalEntity($input:EditLegalEntityInput!){editLegalEntity(input:$input){id version name taxNumber currency zone}}",
  },
  EditMember: {
    kind: "mutation",
    hash: "389c6e3249395d98de18239b9dfa65d8e921110e6b2a6c9fb4399755a3094309",
    text: "mutation EditMember($input:EditMemberInput!){editMember(input:$input){id version name account phone email language organisationId departmentId joinedAt deactivatedAt deactivatedById erasedAt}}",
  },
  EditOrganisation: {
    kind: "mutation",
    hash: "547667cf2e0fa926b0dac6d8dd368f7aae79011311af616cddf42784851b9034",
    text: "mutation EditOrganisation($input:EditOrganisationInput!){editOrganisation(input:$input){id version name kind path parentId legalEntityId}}",
  },
  EditRole: {
    kind: "mutation",
    hash: "68530c852c0cd931bf7207c432b4fc85c8f95d77031d6709c115d3bfc4296e09",
    text: "mutation EditRole($input:EditRoleInput!){editRole(input:$input){id version key name permissions masks updatedAt}}",
  },
  EditTag: {
    kind: "mutation",
    hash: "ab5d994e1e7c703dff42352483929d63f90c8fe9bd4730a5e84466dba3ca9c66",
    text: "mutation EditTag($input:EditTagInput!){editTag(input:$input){id version name colour archivedAt}}",
  },
  EnrollTotp: {
    kind: "mutation",
    hash: "e02008f8a66677783dbc549e28b51508c304c81fa5ad0d65106ac8ea2fee4b86",
    text: "mutation EnrollTotp($input:EnrollTotpInput!){enrollTotp(input:$input){secret uri}}",
  },
  EraseMember: {
    kind: "mutation",
    hash: "655486113d71648caa24e70176c5f58c9b801d1ad3a206e493d40c546e7eb8ed",
    text: "mutation EraseMember($input:EraseMemberInput!){eraseMember(input:$input){id version name account phone email language organisationId departmentId joinedAt deactivatedAt deactivatedById erasedAt}}",
  },
  ExportData: {
    kind: "mutation",
    hash: "14c63990588743d5e14c4d958c40ba51e0a1fbb37f85eb18bbadd61bcfda26c9",
    text: "mutation ExportData($entity:String$format:String){exportData(entity:$entity format:$format){path fileName expiresAt}}",
  },
  ImportContacts: {
    kind: "mutation",
    hash: "7c523a0c60bc0cdfd917a94994cc510274a2d1088cebbee2c78db9d0eee5094e",
    text: "mutation ImportContacts($file:FileInput!$mapping:JSON$sheet:String$existing:String$dryRun:Boolean!=false$onlyIfAllGood:Boolean!=false){importContacts(file:$file mapping:$mapping sheet:$sheet existing:$existing dryRun:$dryRun onlyIfAllGood:$onlyIfAllGood){dryRun sha256 rows created updated unchanged skipped bad columns{header field label}problems{row column code message remedy}problemsTotal warnings{row column code message remedy}warningsTotal updates{row id fields}}}",
  },
  ImportCustomers: {
    kind: "mutation",
    hash: "c7ba1f9cdc7ca7bc727de425bf05297d19727b5f30b9f3d6c7b24d0e699cf895",
    text: "mutation ImportCustomers($file:FileInput!$mapping:JSON$sheet:String$existing:String$dryRun:Boolean!=false$onlyIfAllGood:Boolean!=false){importCustomers(file:$file mapping:$mapping sheet:$sheet existing:$existing dryRun:$dryRun onlyIfAllGood:$onlyIfAllGood){dryRun sha256 rows created updated unchanged skipped bad columns{header field label}problems{row column code message remedy}problemsTotal warnings{row column code message remedy}warningsTotal updates{row id fields}}}",
  },
  ImportOpeningStock: {
    kind: "mutation",
    hash: "0ac259e09b1d096031b05551f1e7c38208c2417ccda1da3cb814bc9bce4e04cb",
    text: "mutation ImportOpeningStock($file:FileInput!$mapping:JSON$sheet:String$existing:String$dryRun:Boolean!=false$onlyIfAllGood:Boolean!=false){importOpeningStock(file:$file mapping:$mapping sheet:$sheet existing:$existing dryRun:$dryRun onlyIfAllGood:$onlyIfAllGood){dryRun sha256 rows created updated unchanged skipped bad columns{header field label}problems{row column code message remedy}problemsTotal warnings{row column code message remedy}warningsTotal stock{warehouse rows quantity onHand}updates{row id fields}}}",
  },
  ImportProducts: {
    kind: "mutation",
    hash: "77aa2c3f2e935d3a77ade1a6000e8e5ebe20bc98349e8019f9b2f91b0e01bfa9",
    text: "mutation ImportProducts($file:FileInput!$mapping:JSON$sheet:String$existing:String$dryRun:Boolean!=false$onlyIfAllGood:Boolean!=false){importProducts(file:$file mapping:$mapping sheet:$sheet existing:$existing dryRun:$dryRun onlyIfAllGood:$onlyIfAllGood){dryRun sha256 rows created updated unchanged skipped bad columns{header field label}problems{row column code message remedy}problemsTotal warnings{row column code message remedy}warningsTotal updates{row id fields}}}",
  },
  InviteMember: {
    kind: "mutation",
    hash: "6e662e6f75a6a6b1859281a6001696a1764b78faccb1f038bb8e0e422c0956bb",
    text: "mutation InviteMember($input:InviteMemberInput!){inviteMember(input:$input){id sentTo expiresAt link}}",
  },
  LegalEntities: {
    kind: "query",
    hash: "78d2b096088c65f275f18f242eaf507fa9429e91068498bba4a7c3471d1364b0",
    text: "query LegalEntities($first:Int=100$after:String){legalEntities(first:$first after:$after){totalCount pageInfo{hasNextPage endCursor}nodes{id version name taxNumber currency zone}}}",
  },
  MaskableFields: {
    kind: "query",
    hash: "85d6468ef59e56182c3e748e972d1c2a4475f63045b2a911ee2cff67e01067fb",
    text: "query MaskableFields{maskableFields{code entity entityLabel field label}}",
  },
  Me: {
    kind: "query",
    hash: "9d290c98f6ce102cb6ad29a5ef7f465b3e004277f2d05465f9db1f8f9705a42c",
    text: "query Me{me{userId emailVerified mustChangePassword totpEnabled recoveryCodesLeft permissions member{id name account phone email language}tenant{id name orgCode zone memberId current suspended trialEndsAt access{state writable since endsAt trialEndsAt reason remedy baseCurrency zone requests{code requestedAt}modules{code name trial}}}}}",
  },
  Members: {
    kind: "query",
    hash: "67eca9ca37ffe90d01d08be053f50c14fde9d0c6f0144278ace9119ec9efcdfc",
    text: "query Members($first:Int=100$after:String$filter:MemberFilter){members(first:$first after:$after filter:$filter){totalCount pageInfo{hasNextPage endCursor}nodes{id version name account phone email language organisationId departmentId joinedAt deactivatedAt deactivatedById erasedAt roleAssignments(first:20){nodes{id version roleId scope organisationId}}}}}",
  },
  MoveDepartment: {
    kind: "mutation",
    hash: "5df5619a74d76a0aa5a73e481eac939b7277fed2e8a4b8e58391603d17b752df",
    text: "mutation MoveDepartment($input:MoveDepartmentInput!){moveDepartment(input:$input){id version name path organisationId parentId}}",
  },
  MoveMember: {
    kind: "mutation",
    hash: "bbe42786db67ce888de13b82e2ebd7ccac0643557c773f5717cc41e9901eba79",
    text: "mutation MoveMember($input:MoveMemberInput!){moveMember(input:$input){id version name account phone email language organisationId departmentId joinedAt deactivatedAt deactivatedById erasedAt}}",
  },
  MyTenants: {
    kind: "query",
    hash: "d11b1cf7e068a2523cc9ee867bfe4a2f7b76d49dfa0a92282590ea47d746cad7",
    text: "query MyTenants{myTenants{id name orgCode zone memberId current suspended trialEndsAt access{state writable since endsAt trialEndsAt reason remedy modules{code name}}}}",
  },
  NumberEvidence: {
    kind: "query",
    hash: "4d7c0d11c47a9944bb924843eb3d26a919999d1c749cdf1291fb2b6ac4835be4",
    text: "query NumberEvidence($series:String){numberEvidence(series:$series){key prefix last used voided outstanding unexplained gaps{first last leaseId why reason}leases{id deviceId memberId first last used voided outstanding closedReason}}}",
  },
  OpenInvitations: {
    kind: "query",
    hash: "4f7c47297ac404b9e99c9a2792f972a0449304b8ba8b7c14e9386046ce34b717",
    text: "query OpenInvitations{openInvitations{id name sentTo roleIds scope organisationId departmentId inviterId sentAt expiresAt}}",
  },
  Permissions: {
    kind: "query",
    hash: "1d21f2598aef71d69e9b9a7fa18dbe4ecf15a6ad2b06889fab821fe59c96e3a2",
    text: "query Permissions{permissions{code name}}",
  },
  ReactivateMember: {
    kind: "mutation",
    hash: "3200e020307d781caa933a547527fda09962cc6dfd5e677e8d1c7cd0b9dd18a1",
    text: "mutation ReactivateMember($input:ReactivateMemberInput!){reactivateMember(input:$input){id version name account phone email language organisationId departmentId joinedAt deactivatedAt deactivatedById erasedAt}}",
  },
  RenameDevice: {
    kind: "mutation",
    hash: "ed47b49a729b1988e47bb936d8c81c76cf9531b8a547a0a5a024f8fea15bedfb",
    text: "mutation RenameDevice($input:RenameDeviceInput!){renameDevice(input:$input){id}}",
  },
  RequestEmailVerification: {
    kind: "mutation",
    hash: "4778c403f0bb3e781070442a59bb7a1682253fd98978418990cc61021a8ea223",
    text: "mutation RequestEmailVerification{requestEmailVerification{done}}",
  },
  RequestModule: {
    kind: "mutation",
    hash: "32d0bbd16fb70ec3a01a3ead0c3a599a1f30769b75d85a785a49ef69743cc240",
    text: "mutation RequestModule($input:RequestModuleInput!){requestModule(input:$input){module requestedAt}}",
  },
  RequestSmsCode: {
    kind: "mutation",
    hash: "e6c1a820f8021c299c57d444b9583cb555825d8d25d7b293daf30a1fa22846da",
    text: "mutation RequestSmsCode($input:RequestSmsCodeInput!){requestSmsCode(input:$input){done}}",
  },
  ResendInvitation: {
    kind: "mutation",
    hash: "e575e51c8b86d9dbbb48bc0ef50cc1365cf051f2c674887ef858575829f4013c",
    text: "mutation ResendInvitation($input:ResendInvitationInput!){resendInvitation(input:$input){id sentTo expiresAt link}}",
  },
  ResetMemberPassword: {
    kind: "mutation",
    hash: "614ab3f0c548f1d75d736235574af37eb8143a600f038e5b8996e6223232d5f7",
    text: "mutation ResetMemberPassword($input:ResetMemberPasswordInput!){resetMemberPassword(input:$input){done}}",
  },
  RestoreCustomField: {
    kind: "mutation",
    hash: "7c0e197873cc5c27f95a32268316dde1af4f2f826c4d21723fa470b5a6d397a8",
    text: "mutation RestoreCustomField($input:RestoreCustomFieldInput!){restoreCustomField(input:$input){id version entity key labelZh labelEn kind required filterable choices currency target position archivedAt}}",
  },
  RestoreTag: {
    kind: "mutation",
    hash: "1a5bb036d37d8adf0ef6c5b144edf4d6a04d945a4b6eb989f88ce8ddd67cb8c4",
    text: "mutation RestoreTag($input:RestoreTagInput!){restoreTag(input:$input){id version name colour archivedAt}}",
  },
  RevokeDevice: {
    kind: "mutation",
    hash: "3d9a0c9815be0fae3b81892a8c6ddc02873a70d65dc9c53d96cd16ee36339060",
    text: "mutation RevokeDevice($input:RevokeDeviceInput!){revokeDevice(input:$input){id}}",
  },
  RevokeSession: {
    kind: "mutation",
    hash: "3a93e8b9fa26bba4e7046f2d576d843dff404f18d5c0fcb143f1f77cb13ae057",
    text: "mutation RevokeSession($input:RevokeSessionInput!){revokeSession(input:$input){count}}",
  },
  RoleAssignments: {
    kind: "query",
    hash: "6321fe2949f0b77d6aebd7deb643587d9b55dd589ca12ebce781fb546ec7a393",
    text: "query RoleAssignments($memberId:ID$first:Int=100$after:String){roleAssignments(memberId:$memberId first:$first after:$after){totalCount pageInfo{hasNextPage endCursor}nodes{id version memberId member{id name}roleId role{id name key}scope organisationId organisation{id name}}}}",
  },
  Roles: {
    kind: "query",
    hash: "9da7214ab0fde4ecc2add545a7d63c6fa1f2a4ebf7c61aa9dff4949d06bf2af3",
    text: "query Roles($first:Int=100$after:String){roles(first:$first after:$after){totalCount pageInfo{hasNextPage endCursor}nodes{id version key name permissions masks updatedAt}}}",
  },
  RowHistory: {
    kind: "query",
    hash: "a333b4f2361776d67b41e0a6a54dd0daa3340a5c122c72456e374a92aa2ac032",
    text: "query RowHistory($entity:String!$rowId:ID!$first:Int=50$after:String){auditEntries(first:$first after:$after filter:{entity:$entity rowId:$rowId}){totalCount pageInfo{hasNextPage endCursor}nodes{id at member{id name}memberId actorLabel onBehalfOf command commandLabel entity entityLabel rowId op before after deviceId requestId}}}",
  },
  Search: {
    kind: "query",
    hash: "9dc991bff5105a3ec7af16f5c7cd3baaf34bc30c33812f5315e49aae5dcbf99a",
    text: "query Search($text:String!){search(text:$text first:10){kind id title node{...on Customer{code phone}...on Contact{mobile customer{id name}}}}}",
  },
  SecurityEvents: {
    kind: "query",
    hash: "23e69fb2073e67bccddb7319530f160ae31be26154022296981fc14c0b72c69f",
    text: "query SecurityEvents($first:Int=50$after:String){securityEvents(first:$first after:$after){hasNextPage endCursor events{id at event eventLabel reason memberId member{id name}identifier address deviceName}}}",
  },
  Sessions: {
    kind: "query",
    hash: "cee85eebdd8bbd600be6440e993245c9484583306ac4d9617f33809143397f38",
    text: "query Sessions{sessions{id tenantId tenantName deviceName address createdAt lastSeenAt expiresAt current}}",
  },
  SetScope: {
    kind: "mutation",
    hash: "c003889fcdb9d865a8d4adc16ed3b4244fcb32e8244479edbd2dd25e0f423082",
    text: "mutation SetScope($input:SetScopeInput!){setScope(input:$input){id version memberId member{id name}roleId role{id name key}scope organisationId organisation{id name}}}",
  },
  SetSetting: {
    kind: "mutation",
    hash: "998be2181e7af555633aa4e05c91911b086c3476d83b17c58012871c485d6ef2",
    text: "mutation SetSetting($input:SetSettingInput!){setSetting(input:$input){id version name value}}",
  },
  Settings: {
    kind: "query",
    hash: "e0a04f41212553d211402c6fcb25b2ec6ab6f1c213c21d4aca2d39cd95bc61f7",
    text: "query Settings{settings{name label value default accepts}}",
  },
  SignIn: {
    kind: "mutation",
    hash: "721ab2a04f67dd09ae22b3dedff05162a3f76b63ce50ca27804a7ef2ac1cffe4",
    text: "mutation SignIn($input:SignInInput!){signIn(input:$input){token expiresAt totpRequired mustChangePassword tenant{id name orgCode zone memberId current suspended trialEndsAt access{state writable since endsAt trialEndsAt reason remedy modules{code name}}}member{id name account phone email language}}}",
  },
  SignOut: {
    kind: "mutation",
    hash: "cde43a688c4cdf8d9a990fdc45e59b3669026df9a35849ebb17c360700c878f8",
    text: "mutation SignOut{signOut{done}}",
  },
  SignOutMember: {
    kind: "mutation",
    hash: "fdf926ff312ffc92f1e0fd679b5e9fa516b5d6215f35535c52ef706513413d76",
    text: "mutation SignOutMember($input:SignOutMemberInput!){signOutMember(input:$input){count}}",
  },
  SignUp: {
    kind: "mutation",
    hash: "c2ce8695a4c46e284498d6f1d32b8c4c3d495636e741115babc2635adc67f41f",
    text: "mutation SignUp($input:SignUpInput!){signUp(input:$input){token trialEndsAt mustVerifyEmail tenant{id name orgCode zone memberId current suspended trialEndsAt access{state writable since endsAt trialEndsAt reason remedy modules{code name}}}member{id name account phone email language}}}",
  },
  SwitchTenant: {
    kind: "mutation",
    hash: "564465731ae7c32655d30eb3aa866e3f7d64f0e24de2493182c882e7e90cf2f3",
    text: "mutation SwitchTenant($input:SwitchTenantInput!){switchTenant(input:$input){token expiresAt totpRequired mustChangePassword tenant{id name orgCode zone memberId current suspended trialEndsAt access{state writable since endsAt trialEndsAt reason remedy modules{code name}}}member{id name account phone email language}}}",
  },
  UnassignRole: {
    kind: "mutation",
    hash: "9b8e84e584d9d1eb7e220b0e4faf72d8b8fd530bba5430a38681caa9ce180ef3",
    text: "mutation UnassignRole($input:UnassignRoleInput!){unassignRole(input:$input){id}}",
  },
  UndoMerge: {
    kind: "mutation",
    hash: "4667f58cc297e3f13800a15f2c6ff150630b1b3deb81728e6dbea96d25fcabf8",
    text: "mutation UndoMerge($input:UndoMergeInput!){undoMerge(input:$input){entity rowId fields}}",
  },
  WipeDevice: {
    kind: "mutation",
    hash: "65af7878a33ea68891898c77ade6cd51b6455f9d0212addfced503299f69b5d3",
    text: "mutation WipeDevice($input:WipeDeviceInput!){wipeDevice(input:$input){id}}",
  },
  WithdrawInvitation: {
    kind: "mutation",
    hash: "f818f7d2c2493b3e4b20e3907c19e3c6bf7032bbc487fe02c765166f2109286e",
    text: "mutation WithdrawInvitation($input:WithdrawInvitationInput!){withdrawInvitation(input:$input){done}}",
  },
};
