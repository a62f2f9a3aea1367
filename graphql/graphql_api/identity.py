"""Signing in and everything around it: a thin door to the identity service, field by field."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import strawberry
from strawberry import UNSET
from strawberry.types.info import Info

from graphql_api.connections import page_size
from graphql_api.relations import load_node
from graphql_api.request import Request
from graphql_api.scalars import maybe
from graphql_api.shapes import Shape, Shapes
from graphql_api.structs import StructTypes, struct_of
from kernel.command import Input
from tenants.identity import inputs, results
from tenants.identity.company_access import company_access
from tenants.identity.event_names import event_words
from values.wire import wire_name


class SwitchTenant(Input, frozen=True, kw_only=True):
    """Another company that the person belongs to; the old token goes on for the company it was made for."""

    tenant_id: UUID
    device_name: str | None = None


class SignOutMember(Input, frozen=True, kw_only=True):
    """Ends all sessions of a member in this company, on every device, within 10 seconds."""

    member_id: UUID


Call = Callable[[Request, Any], Awaitable[Any]]


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation of the service. `call` passes what it needs; the service itself asks who may."""

    name: str
    takes: type[Input] | None
    answers: type[Any]
    call: Call
    zh: str
    en: str


def _open(method: str) -> Call:
    """Nobody need be signed in."""

    async def call(request: Request, data: Any) -> Any:
        return await getattr(request.identity, method)(data, address=request.address)

    return call


def _own(method: str, *, address: bool = True) -> Call:
    """By the person behind the token, for themselves or by their rights."""

    async def call(request: Request, data: Any) -> Any:
        arguments = [request.session(), *([data] if data is not None else [])]
        named = {"address": request.address} if address else {}
        return await getattr(request.identity, method)(*arguments, **named)

    return call


async def _accept_invitation(request: Request, data: Any) -> Any:
    return await request.identity.accept_invitation(data, who=request.signed_in, address=request.address)


async def _switch_tenant(request: Request, data: SwitchTenant) -> Any:
    who = request.session()
    return await request.identity.switch_tenant(who, data.tenant_id, address=request.address)


async def _sign_out_member(request: Request, data: SignOutMember) -> Any:
    actor = request.actor
    return await request.identity.force_sign_out(actor, data.member_id, address=request.address)


MUTATIONS = (
    Operation("sign_up", inputs.SignUp, results.SignUpResult, _open("sign_up"), "注册公司", "Sign a company up"),
    Operation("sign_in", inputs.SignIn, results.SignInResult, _open("sign_in"), "登录", "Sign in"),
    Operation("sign_out", None, results.Done, _own("sign_out"), "退出登录", "Sign out"),
    Operation(
        "request_sms_code",
        inputs.RequestSmsCode,
        results.Done,
        _open("request_sms_code"),
        "发送短信验证码",
        "Text a code",
    ),
    Operation(
        "switch_tenant", SwitchTenant, results.SignInResult, _switch_tenant, "切换公司", "A token for another company"
    ),
    Operation(
        "revoke_session", inputs.RevokeSession, results.Revoked, _own("revoke_session"), "下线会话", "End own sessions"
    ),
    Operation(
        "sign_out_member", SignOutMember, results.Revoked, _sign_out_member, "强制成员下线", "Force a member out"
    ),
    Operation(
        "invite_member",
        inputs.InviteMember,
        results.Invited,
        _own("invite_member", address=False),
        "邀请成员",
        "Invite a member",
    ),
    Operation(
        "resend_invitation",
        inputs.ResendInvitation,
        results.Invited,
        _own("resend_invitation", address=False),
        "重新发送邀请",
        "Send an invitation once more",
    ),
    Operation(
        "withdraw_invitation",
        inputs.WithdrawInvitation,
        results.Done,
        _own("withdraw_invitation", address=False),
        "撤回邀请",
        "Withdraw an invitation",
    ),
    Operation(
        "accept_invitation",
        inputs.AcceptInvitation,
        results.SignInResult,
        _accept_invitation,
        "接受邀请",
        "Accept an invitation",
    ),
    Operation(
        "create_member",
        inputs.CreateMember,
        results.MemberCreated,
        _own("create_member", address=False),
        "新建企业账号成员",
        "Make a member with a company account",
    ),
    Operation(
        "change_password",
        inputs.ChangePassword,
        results.Done,
        _own("change_password"),
        "修改密码",
        "Change the password",
    ),
    Operation(
        "request_password_reset",
        inputs.RequestPasswordReset,
        results.Done,
        _open("request_password_reset"),
        "申请重设密码",
        "Ask for a password reset",
    ),
    Operation(
        "reset_password", inputs.ResetPassword, results.Done, _open("reset_password"), "重设密码", "Reset the password"
    ),
    Operation(
        "reset_member_password",
        inputs.ResetMemberPassword,
        results.Done,
        _own("reset_member_password"),
        "重设成员密码",
        "Give a member a new initial password",
    ),
    Operation(
        "request_email_verification",
        None,
        results.Done,
        _own("request_email_verification", address=False),
        "重发验证邮件",
        "Send the verification mail again",
    ),
    Operation("verify_email", inputs.VerifyEmail, results.Done, _open("verify_email"), "验证邮箱", "Verify an address"),
    Operation(
        "enroll_totp",
        inputs.EnrollTotp,
        results.TotpEnrolment,
        _own("enroll_totp", address=False),
        "绑定身份验证器",
        "Enrol TOTP",
    ),
    Operation(
        "confirm_totp",
        inputs.ConfirmTotp,
        results.RecoveryCodes,
        _own("confirm_totp"),
        "确认身份验证器",
        "Confirm TOTP",
    ),
    Operation(
        "disable_totp", inputs.DisableTotp, results.Done, _own("disable_totp"), "停用身份验证器", "Switch TOTP off"
    ),
)


# Without signing in: how one signs in, and what a link holds for whoever has it.
OPEN = frozenset(
    {
        "sign_up",
        "sign_in",
        "request_sms_code",
        "accept_invitation",
        "request_password_reset",
        "reset_password",
        "verify_email",
    }
)


def identity_mutations(structs: StructTypes) -> dict[str, Any]:
    """Python name → field."""
    return {operation.name: _mutation(operation, structs) for operation in MUTATIONS}


def _mutation(operation: Operation, structs: StructTypes) -> Any:
    takes = operation.takes

    async def with_input(info: Any, input: Any) -> Any:  # noqa: A002 — the argument's name on the wire
        assert takes is not None
        if operation.name not in OPEN:
            info.context.session()  # who is asked before what
        data = struct_of(input, takes)
        return await operation.call(info.context, info.context.with_language(info.context.with_device(data)))

    async def without_input(info: Any) -> Any:
        return await operation.call(info.context, None)

    resolve = with_input if takes is not None else without_input
    name = wire_name(operation.name)
    resolve.__annotations__ = {"info": Info, "return": structs.output(operation.answers)}
    if takes is not None:
        resolve.__annotations__["input"] = structs.input(takes, f"{name[0].upper()}{name[1:]}Input")
    return strawberry.field(resolver=resolve, name=name, description=f"{operation.zh} / {operation.en}")


def _access(structs: StructTypes) -> Any:
    async def resolve(root: Any, info: Any) -> Any:
        request: Request = info.context

        async def load(asked: list[tuple[UUID, UUID]]) -> list[Any]:
            # One after the other: a person with many companies takes one connection at a time.
            engine, language = request.engine, request.language
            return [await company_access(engine, tenant_id, member_id, language) for tenant_id, member_id in asked]

        return await request.loader("company_access", load).load((root.id, root.member_id))

    resolve.__annotations__ = {"info": Info, "return": structs.output(results.CompanyAccess)}
    return strawberry.field(
        resolver=resolve, name="access", description="试用、订阅与已开通模块 / What the company may use now"
    )


def _event_label() -> Any:
    def resolve(root: Any, info: Any) -> Any:
        return event_words(root.event).in_language(info.context.language)

    resolve.__annotations__ = {"info": Info, "return": str}
    return strawberry.field(resolver=resolve, name="eventLabel", description="事件名称 / What the event is called")


def _whose(member: Shape) -> Any:
    async def resolve(root: Any, info: Any) -> Any:
        return await load_node(info.context, member, root.member_id)

    resolve.__annotations__ = {"info": Info, "return": maybe(member.node)}
    return strawberry.field(resolver=resolve, name="member", description="相关成员 / The member whom it is about")


def identity_queries(structs: StructTypes, shapes: Shapes) -> dict[str, Any]:
    """`me`, `myTenants`, `sessions`, `openInvitations`, `invitation(token)`, `securityEvents`."""
    structs.resolve(results.TenantSummary, {"access": _access(structs)})
    structs.resolve(results.SecurityEvent, {"event_label": _event_label(), "member": _whose(shapes["Member"])})

    async def me(info: Any) -> Any:
        who = info.context.session()
        return await info.context.identity.me(who)

    async def my_tenants(info: Any) -> Any:
        who = info.context.session()
        return await info.context.identity.my_tenants(who)

    async def sessions(info: Any) -> Any:
        who = info.context.session()
        return await info.context.identity.sessions(who)

    async def open_invitations(info: Any) -> Any:
        who = info.context.session()
        return await info.context.identity.open_invitations(who)

    async def invitation(info: Any, token: Any) -> Any:
        return await info.context.identity.preview_invitation(token, address=info.context.address)

    async def security_events(info: Any, first: Any = UNSET, after: Any = UNSET) -> Any:
        request: Request = info.context
        actor = request.actor
        return await request.identity.security_events(actor, page_size(first), after or None)

    made = structs.output
    me.__annotations__ = {"info": Info, "return": made(results.Me)}
    my_tenants.__annotations__ = {"info": Info, "return": list[made(results.TenantSummary)]}  # type: ignore[misc]
    sessions.__annotations__ = {"info": Info, "return": list[made(results.SessionSummary)]}  # type: ignore[misc]
    open_invitations.__annotations__ = {"info": Info, "return": list[made(results.OpenInvitation)]}  # type: ignore[misc]
    invitation.__annotations__ = {"info": Info, "token": str, "return": made(results.InvitationPreview)}
    security_events.__annotations__ = {
        "info": Info,
        "first": maybe(int),
        "after": maybe(str),
        "return": made(results.SecurityEvents),
    }
    about: dict[str, tuple[Any, str]] = {
        "me": (me, "当前登录者 / Who the token belongs to"),
        "my_tenants": (my_tenants, "我所属的公司 / Companies that I belong to"),
        "sessions": (sessions, "我的登录会话 / My live sessions"),
        "open_invitations": (open_invitations, "尚未接受的邀请 / Invitations that nobody has accepted yet"),
        "invitation": (invitation, "邀请预览 / What an invitation link holds"),
        "security_events": (security_events, "安全日志 / The security log"),
    }
    return {
        name: strawberry.field(resolver=resolve, name=wire_name(name), description=text)
        for name, (resolve, text) in about.items()
    }
