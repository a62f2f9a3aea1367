"""Every place that may write rows beside `ctx.add`, `ctx.delete`, `ctx.insert_many` and `ctx.update_where`, by reason.

Rows that members know change through the context only: there tracking and audit see them. What stands here is either
the kernel's own machinery, an index or bookkeeping that nobody audits, or a table of the platform, which no tenant's
tracking covers and whose trail is the security log. `tests/contracts/test_dml.py` holds the list to the sources both
ways: a place that is missing fails, and so does one that is needed no more.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

KERNEL: Final = {
    "what the context's own bulk writes do; each tells the tracking": {
        ("kernel/context.py", "Context.add"),
        ("kernel/context.py", "Context.delete"),
        ("kernel/context.py", "Context.insert_many"),
        ("kernel/context.py", "Context.update_where"),
        ("kernel/context.py", "Context.settle"),
        ("kernel/context.py", "Context._run_edit"),
        ("kernel/context.py", "Context._join"),
    },
    "the statements behind the context's and the edge's bulk writes; nobody else calls them": {
        ("infra/insertions.py", "insertion"),
        ("kernel/rows.py", "writing"),
    },
    "the edge: what follows from the tracked changes (audit, search terms, outbox, stored outcome, change log)": {
        ("kernel/edge.py", "_STAMP"),
        ("kernel/edge.py", "_EXITS"),
        ("kernel/edge.py", "commit"),
        ("kernel/edge.py", "_write_audit"),
        ("kernel/edge.py", "_MOVE_TERMS"),
        ("kernel/edge.py", "_DELETE_TERMS"),
        ("kernel/edge.py", "_INSERT_TERMS"),
        ("kernel/executor.py", "_STORE"),
        ("kernel/executor.py", "Executor._once"),
    },
    "leases and marks of messages that leave: bookkeeping of the delivery, no change by anybody": {
        ("server/leases.py", "claim"),
        ("server/leases.py", "_mark"),
    },
    "messages that have left and stored answers past their time: no business rows": {
        ("server/retention.py", "forget_delivered"),
        ("server/retention.py", "forget_outcomes"),
    },
}

DERIVED: Final = {
    "the index beside a row's own custom fields; the row itself is tracked and audited": {
        ("tenants/custom_fields.py", "insert_custom_values"),
        ("tenants/custom_fields.py", "delete_custom_values"),
        ("tenants/custom_fields.py", "_index"),
    },
    "the index beside a row's own tags; the row itself is tracked and audited": {
        ("tenants/tags.py", "apply_tags"),
        ("tenants/tags.py", "insert_row_tags"),
        ("tenants/tags.py", "delete_row_tags"),
    },
}

BOOKKEEPING: Final = {
    "the tenant's clock row itself, before which nothing can commit": {
        ("tenants/commands/found_company.py", "found_company"),
    },
    "the epoch of a company's clock after a restore: the operator's, told by a note in the audit": {
        ("sync/restored.py", "_begin_epoch"),
    },
    "a device's heartbeat: it must neither fill the audit nor move the row's version, and no device replicates it": {
        ("sync/contact.py", "_note_contact"),
    },
    "a device's mutation number, which is the protocol's bookkeeping and no change by anybody": {
        ("sync/numbered.py", "Numbered.advance"),
    },
    "what makes a commit collide with an outcome that a copy of the replica has filed: it never writes a row": {
        ("sync/outcomes.py", "_COLLIDE"),
    },
    "tombstones and exits past their time, and the clock's marks: no business rows": {
        ("sync/compaction.py", "_marked"),
        ("sync/compaction.py", "_deleted"),
    },
    "a series' counter: leases and numbers, which are audited, tell what was taken from it": {
        ("tenants/numbering.py", "allot"),
        ("tenants/numbering_restored.py", "pass_over"),
    },
    "an erased person's values leave the audit, which may keep the fact but not the person": {
        ("tenants/erasure.py", "_blank_audit"),
    },
    "an erased person's values leave stored answers and messages, which are no business rows": {
        ("tenants/erasure.py", "_blank_elsewhere"),
    },
    "the operator's switch: one row of the platform's role, the same for every company": {
        ("tenants/maintenance.py", "set_maintenance"),
    },
}

# Targets of all of these are tables of the platform: a test looks.
PLATFORM: Final = {
    "the directory's copy of the trial's end; the company's own row changed, audited, in a command before": {
        ("billing/trials.py", "extend_trial_of"),
    },
    "sign-up's and joining's half on the platform, in one transaction with the company's audited half": {
        ("tenants/commands/accept_invitation.py", "_locked_link"),
        ("tenants/commands/accept_invitation.py", "_settle_user"),
        ("tenants/commands/accept_invitation.py", "_holding"),
        ("tenants/commands/accept_invitation.py", "_settle_membership"),
        ("tenants/commands/create_member.py", "create_member"),
        ("tenants/commands/create_member.py", "_claim_account"),
        ("tenants/commands/invite_member.py", "_replace_earlier"),
        ("tenants/commands/withdraw_invitation.py", "withdraw_invitation"),
        ("tenants/identity/invitations.py", "_join.write_session"),
        ("tenants/identity/sign_up.py", "_write_tenant"),
        ("tenants/identity/sign_up.py", "_write_directory"),
        ("tenants/identity/sign_up.py", "_write_session"),
        ("tenants/identity/user_rows.py", "inserting_user"),
        ("tenants/identity/user_rows.py", "end_membership"),
        ("tenants/identity/user_rows.py", "resume_membership"),
        ("tenants/identity/user_rows.py", "claim_identifier"),
    },
    "links and codes that are sent, counted and spent": {
        ("tenants/identity/user_rows.py", "inserting_verification"),
        ("tenants/identity/password_change.py", "request_password_reset"),
        ("tenants/identity/password_change.py", "_using"),
        ("tenants/identity/sms_codes.py", "request_sms_code"),
        ("tenants/identity/sms_codes.py", "check_sms_code"),
        ("tenants/identity/sms_codes.py", "spending"),
    },
    "a person's own sign-in data, which belongs to no company": {
        ("tenants/identity/member_password.py", "reset_member_password"),
        ("tenants/identity/password_change.py", "change_password"),
        ("tenants/identity/password_change.py", "_set_password"),
        ("tenants/identity/password_change.py", "_mark_verified"),
        ("tenants/identity/password_history.py", "remember_replaced"),
        ("tenants/identity/password_history.py", "forgetting_earlier"),
        ("tenants/identity/second_factor.py", "enroll_totp"),
        ("tenants/identity/second_factor.py", "confirm_totp"),
        ("tenants/identity/second_factor.py", "disable_totp"),
        ("tenants/identity/second_factor.py", "_use_code"),
        ("tenants/identity/sign_in.py", "_rehashed"),
    },
    "a person who is erased: their user, identifiers, memberships, sessions and links on the platform": {
        ("tenants/identity/erasing.py", "forget_person"),
        ("tenants/identity/erasing.py", "_untie"),
        ("tenants/identity/erasing.py", "_blank_identifiers"),
        ("tenants/identity/erasing.py", "_blank_sessions"),
        ("tenants/identity/erasing.py", "_blank_links"),
    },
    "sessions: opened, used, ended": {
        ("tenants/identity/authentication.py", "_is_idle"),
        ("tenants/identity/authentication.py", "_note_use"),
        ("tenants/identity/sessions.py", "open_session"),
        ("tenants/identity/sessions.py", "revoke"),
        ("tenants/device_closing.py", "end_sessions"),
        ("tenants/identity/authentication.py", "_note_first_use"),
        ("tenants/identity/device_uses.py", "note_device_use"),
        ("tenants/identity/rotation.py", "_rotated"),
        ("tenants/identity/rotation.py", "purge_spent_tokens"),
        ("tenants/identity/device_uses.py", "end_late_use"),
        ("tenants/identity/device_uses.py", "purge_device_uses"),
    },
    "the security log itself, and its end after its time": {
        ("tenants/identity/security_log.py", "entry"),
        ("tenants/identity/security_log.py", "purge_security_log"),
    },
}

# Rows of an entity that change without the tracking, each by its reason above.
ENTITY_ROWS: Final = {
    ("sync/contact.py", "_note_contact"): {"device"},
    ("sync/numbered.py", "Numbered.advance"): {"device"},
    ("tenants/numbering.py", "allot"): {"number_series"},
    ("tenants/numbering_restored.py", "pass_over"): {"number_series"},
}

# What is written where the statement itself does not name it; a test holds every other target to a known table.
TARGETS: Final = {
    ("tenants/erasure.py", "_blank_elsewhere", "app.{}"): ("command_outcome", "outbox"),
    ("tenants/maintenance.py", "set_maintenance", "state"): ("service_state",),
    ("sync/contact.py", "_note_contact", "statement"): ("device",),
    ("tenants/numbering.py", "allot", "rows"): ("number_series",),
    ("tenants/numbering_restored.py", "pass_over", "rows"): ("number_series",),
}

COMMITS: Final = {
    "the session's own commits": {
        ("kernel/db.py", "TenantSession.commit"),
    },
    "the edge, which every command ends at": {
        ("kernel/edge.py", "commit"),
        ("kernel/executor.py", "Executor._once"),
    },
    "the outbox and retention, which change no tracked row": {
        ("server/leases.py", "claim"),
        ("server/leases.py", "_mark"),
        ("server/retention.py", "_deleted"),
        ("sync/compaction.py", "compact"),
    },
}


def allowed() -> Iterator[tuple[str, str]]:
    """(file, function) of every place, as often as it is listed."""
    for group in (KERNEL, DERIVED, BOOKKEEPING, PLATFORM):
        for found in group.values():
            yield from sorted(found)
