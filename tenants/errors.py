"""The refusals of this room: signing in, members, roles, custom fields."""

from __future__ import annotations

from values.errors import Kind, Refusal


class PasswordChangeRequired(Refusal):
    code, kind = "PASSWORD_CHANGE_REQUIRED", Kind.FORBIDDEN
    zh, en = "请先修改密码，再使用系统。", "To go on you must change your password first."
    remedy_zh, remedy_en = "设置一个新密码即可继续。", "Set a new password, then continue."


class SignInRefused(Refusal):
    code, kind = "SIGN_IN_REFUSED", Kind.UNAUTHENTICATED
    zh, en = "账号与密码（或验证码）不匹配。", "To sign in you must give a matching identifier and password or code."
    remedy_zh, remedy_en = (
        "请核对后重试；忘记密码可以重设，企业账号请联系管理员。",
        "Check both; reset a forgotten password, or ask your admin about a company account.",
    )


class SecondFactorRequired(Refusal):
    code, kind = "SECOND_FACTOR_REQUIRED", Kind.UNAUTHENTICATED
    zh, en = "请输入动态验证码。", "To go on you must give the code of your authenticator."
    remedy_zh, remedy_en = "打开身份验证器查看，或使用恢复码。", "Read it from the app, or use a recovery code."


class SecondFactorRefused(Refusal):
    code, kind = "SECOND_FACTOR_REFUSED", Kind.UNAUTHENTICATED
    zh, en = "动态验证码或恢复码不正确，或已被使用。", "To go on you must give a code that is right and still unused."
    remedy_zh, remedy_en = "等待下一组数字，并核对手机时间。", "Wait for the next code and check the phone's clock."


class SignUpRefused(Refusal):
    code, kind = "SIGN_UP_REFUSED", Kind.CONFLICT
    zh = "无法用该邮箱注册，请登录或重设密码。"
    en = "To sign up with this e-mail you must prove it is yours: sign in or reset the password."
    remedy_zh, remedy_en = (
        "请用已有密码登录；忘记密码请点“忘记密码”。",
        "Sign in with the password you have, or reset it, then sign up again with it.",
    )


class NoMembership(Refusal):
    code, kind = "NO_MEMBERSHIP", Kind.FORBIDDEN
    zh, en = "您目前不属于任何可用的公司。", "To sign in you must belong to a company that is open."
    remedy_zh, remedy_en = "请联系公司管理员，或注册新公司。", "Ask the company's admin, or sign up a new company."


class SignInUnavailable(Refusal):
    code, kind = "SIGN_IN_UNAVAILABLE", Kind.UNAVAILABLE
    zh, en = "登录服务暂时不可用，已登录的设备不受影响。", "Nobody can sign in for the moment; open sessions go on."
    remedy_zh, remedy_en = "请稍后重试。", "Try again in a minute."


class CodeRefused(Refusal):
    code = "CODE_REFUSED"
    zh, en = "短信验证码不正确或已失效。", "To go on you must give the newest code, within its ten minutes."
    remedy_zh, remedy_en = "请核对最新一条短信，或重新获取验证码。", "Check the last message or request a new code."


class LinkRefused(Refusal):
    code = "LINK_REFUSED"
    zh, en = "该链接无效、已使用或已过期。", "To go on you must use a link that is unused and not expired."
    remedy_zh, remedy_en = "请重新申请一个链接。", "Ask for a new link."


class InvitationOutdated(Refusal):
    code, kind = "INVITATION_OUTDATED", Kind.CONFLICT
    zh = "邀请内容已失效：邀请人的权限、所选角色或部门在此期间有变动。"
    en = "To join, the inviter must still hold what was offered, and the role and department must still exist."
    remedy_zh, remedy_en = "请让公司重新发送邀请。", "Ask the company for a new invitation."


class DeviceIdUnusable(Refusal):
    code = "DEVICE_ID_UNUSABLE"
    zh, en = "该设备标识不可用。", "To register a device it must choose a random or time-based UUID of its own."
    remedy_zh, remedy_en = "请重新安装应用后再登记。", "Install the app anew and register again."


class TooManyDevices(Refusal):
    code, kind = "TOO_MANY_DEVICES", Kind.CONFLICT
    zh, en = "每人最多登记 {limit} 台设备。", "To register another device you must have fewer than {limit} in use."
    remedy_zh, remedy_en = "请先吊销不再使用的设备。", "Revoke a device that you no longer use."


class DeviceAlreadyWiped(Refusal):
    code, kind = "DEVICE_ALREADY_WIPED", Kind.CONFLICT
    zh, en = "该设备已经擦除并收到回执。", "This device was wiped already, and its receipt is here."
    remedy_zh, remedy_en = "无需再次操作。", "There is nothing left to do."


class WipeHandedOut(Refusal):
    code, kind = "WIPE_HANDED_OUT", Kind.CONFLICT
    zh = "擦除指令已送达设备，无法撤回。"
    en = "To call off a wipe you must do it before the device has taken the order; it has."
    remedy_zh, remedy_en = (
        "设备可重新登录并登记为新设备，数据会重新下载。",
        "Sign in on it again and register it as a new device; its data loads anew.",
    )


class NoWipePending(Refusal):
    code, kind = "NO_WIPE_PENDING", Kind.CONFLICT
    zh, en = "该设备没有待执行的擦除。", "To call off a wipe there must be one under way."
    remedy_zh, remedy_en = "刷新设备列表查看当前状态。", "Refresh the list of devices."


class WipeOrderInvalid(Refusal):
    code, kind = "WIPE_ORDER_INVALID", Kind.FORBIDDEN
    zh = "擦除回执与发出的指令不符。"
    en = "To confirm a wipe the receipt must be made with the order that this device was given."
    remedy_zh, remedy_en = "请使用最近一次收到的擦除指令。", "Use the wipe order that was received last."


class TokenShared(Refusal):
    code, kind = "TOKEN_SHARED", Kind.CONFLICT
    zh = "该登录同时被另一台设备使用，不能更换凭证。"
    en = "To rotate the token this sign-in must belong to one device alone; another uses it too."
    remedy_zh, remedy_en = "请在每台设备上分别登录。", "Sign in on each device by itself."


class NotResubmittable(Refusal):
    code, kind = "NOT_RESUBMITTABLE", Kind.FORBIDDEN
    zh, en = "操作“{command}”不能从待处理中重新提交。", "To do {command} you must use the app itself, not the inbox."
    remedy_zh, remedy_en = "请放弃此项，在页面上重新操作。", "Discard this entry and do it on its own page."


class NothingToResubmit(Refusal):
    """`mine` with an empty list of fields, or with nothing filled in: the entry stays open."""

    code = "NOTHING_TO_RESUBMIT"
    zh, en = "没有选择或填写任何要提交的字段。", "To submit this you must choose or fill in at least one field."
    remedy_zh, remedy_en = (
        "请至少选择或填写一个字段；都不需要时，请保留对方的修改或放弃此项。",
        "Choose or fill in a field; if you want none of yours, keep theirs or discard this entry.",
    )


class ChangedSinceFiled(Refusal):
    """A field that somebody adds to an edit in the inbox, and that others have changed since it was filed."""

    code, kind = "CHANGED_SINCE_FILED", Kind.CONFLICT
    zh = "“{label}”是您新填的，而它在此项进入待处理之后被别人改过，本次没有提交。"
    en = "To submit {label} here nobody else may have changed it since this entry was filed; nothing was submitted."
    remedy_zh, remedy_en = (
        "请去掉该字段后重新提交；需要改它时，请核对现在的值并直接修改记录。",
        "Submit again without that field; to change it, look at its present value and edit the record itself.",
    )


class MergeNotUndoable(Refusal):
    code, kind = "MERGE_NOT_UNDOABLE", Kind.CONFLICT
    zh = "这次合并没有可撤销的内容。"
    en = "To take this back you must use the record's own actions: the merge holds nothing to undo."
    remedy_zh, remedy_en = (
        "请直接修改该记录；状态请用对应的操作变更。",
        "Edit the record itself, or use the action for its state.",
    )


class ChangedSinceMerge(Refusal):
    code, kind = "CHANGED_SINCE_MERGE", Kind.CONFLICT
    zh = "“{label}”在这次合并之后又被改过，撤销会覆盖新的值。"
    en = "{label} has changed since this merge: undoing it would overwrite the newer value."
    remedy_zh, remedy_en = (
        "请核对现在的值；确需覆盖时选择强制撤销。",
        "Look at the present value; force the undo to overwrite it.",
    )


class DecidedSinceMerge(Refusal):
    """What a merge left to a person, and the person has settled."""

    code, kind = "DECIDED_SINCE_MERGE", Kind.CONFLICT
    zh = "“{label}”的冲突已有人处理过（{state}），撤销会推翻这个决定。"
    en = "The clash about {label} was settled meanwhile ({state}): undoing the merge would overturn that decision."
    remedy_zh, remedy_en = (
        "请先与处理人核实；确需推翻时选择强制撤销。",
        "Ask whoever settled it; force the undo to overturn the decision.",
    )


class Parked(Refusal):
    """Of an edit whose row is not there yet, because its creation lies in the inbox."""

    code, kind = "PARKED", Kind.CONFLICT
    zh = "等待“{creation}”处理完成，之后自动提交。"
    en = 'This waits for "{creation}" and is submitted by itself once that is settled.'
    remedy_zh = "请先处理“{creation}”；如果放弃它，这一项会转为待处理。"
    remedy_en = 'Settle "{creation}" first; if that is discarded, this one comes back to you.'


class CreationDiscarded(Refusal):
    code, kind = "CREATION_DISCARDED", Kind.CONFLICT
    zh = "“{creation}”已被放弃，这项修改所依附的记录不存在。"
    en = '"{creation}" was discarded, so the record that this edit belongs to does not exist.'
    remedy_zh = "请改选其他记录后重新提交，或放弃这一项。"
    remedy_en = "Choose another record and submit it again, or discard this edit."


class AlreadyDecided(Refusal):
    code, kind = "ALREADY_DECIDED", Kind.CONFLICT
    zh = "{by}已在 {at} 处理过这一项（{state}），您的决定没有执行。"
    en = "{by} settled this entry at {at} ({state}); your decision was not carried out."
    remedy_zh = "如不同意，请直接修改该记录。"
    remedy_en = "If you disagree, edit the record itself."


class IdentifierUnusable(Refusal):
    code = "IDENTIFIER_UNUSABLE"
    zh, en = "{zh}", "{en}"
    remedy_zh, remedy_en = "请修改后重试。", "Correct it and try again."


class PasswordRefused(Refusal):
    code = "PASSWORD_REFUSED"
    zh, en = "{zh}", "{en}"
    remedy_zh, remedy_en = "请换一个密码。", "Choose another password."


class PasswordReused(Refusal):
    code = "PASSWORD_REUSED"
    zh = "新密码不能与最近 {count} 次用过的密码相同。"
    en = "To set a password you must choose one that is not among your {count} earlier ones."
    remedy_zh, remedy_en = "请换一个近期没有用过的密码。", "Choose a password that you have not used before."


class ResetByAdmin(Refusal):
    code = "RESET_BY_ADMIN"
    zh = "企业账号的密码不能自助重设。"
    en = "To reset a password yourself you must have signed up with an e-mail address or a mobile phone."
    remedy_zh, remedy_en = "请联系公司的管理员为您重设密码。", "Ask your company's admin to set a new password."


class EmailNotVerified(Refusal):
    code, kind = "EMAIL_NOT_VERIFIED", Kind.CONFLICT
    zh, en = "请先验证邮箱。", "To do this you must verify your e-mail address first."
    remedy_zh = "请打开验证邮件中的链接；没有收到可重新发送验证邮件。"
    remedy_en = "Open the link in the verification mail, or have it sent again."


class TotpAlreadyOn(Refusal):
    code, kind = "TOTP_ALREADY_ON", Kind.CONFLICT
    zh, en = "动态验证码已启用。", "To set up a new authenticator you must switch the present one off."
    remedy_zh, remedy_en = "如需更换设备，请先停用再重新绑定。", "Switch it off first, then enrol again."


class TotpNotStarted(Refusal):
    code, kind = "TOTP_NOT_STARTED", Kind.CONFLICT
    zh, en = "尚未开始绑定身份验证器。", "To confirm or switch off an authenticator you must have enrolled one."
    remedy_zh, remedy_en = "请先获取绑定二维码。", "Begin by enrolling."


class GrantExceeded(Refusal):
    code, kind = "GRANT_EXCEEDED", Kind.FORBIDDEN
    zh, en = "不能授予超出您自己范围的角色“{role}”。", "To give the role {role} you must hold all of it yourself."
    remedy_zh, remedy_en = "请选择权限更小的角色或范围，或请管理员操作。", "Choose a smaller role, or ask an admin."


class AlreadyMember(Refusal):
    code, kind = "ALREADY_MEMBER", Kind.CONFLICT
    zh, en = "该用户已经是公司的成员。", "To join one must not be a member yet; this person already is."
    remedy_zh, remedy_en = (
        "直接登录即可；若已停用，请管理员恢复。",
        "Sign in; a deactivated member is restored by an admin.",
    )


class NameInvalid(Refusal):
    code = "NAME_INVALID"
    zh, en = "名称应为 1 至 {limit} 个字。", "A name takes 1 to {limit} characters."
    remedy_zh, remedy_en = "请填写名称后重新提交。", "Fill in the name and submit again."


class ColourInvalid(Refusal):
    code = "COLOUR_INVALID"
    zh, en = "颜色应为 #RRGGBB 格式。", "A colour is written as #RRGGBB."
    remedy_zh, remedy_en = "请从色板中选择，例如 #1677FF。", "Choose one from the palette, for example #1677FF."


class AlreadyArchived(Refusal):
    code, kind = "ALREADY_ARCHIVED", Kind.CONFLICT
    zh, en = "这条记录已经归档。", "This record is archived already."
    remedy_zh, remedy_en = "刷新后即可看到。", "Refresh to see it."


class NotArchived(Refusal):
    code, kind = "NOT_ARCHIVED", Kind.CONFLICT
    zh, en = "这条记录没有归档，无需恢复。", "This record is not archived, so there is nothing to restore."
    remedy_zh, remedy_en = "刷新后即可看到。", "Refresh to see it."


class RecordErased(Refusal):
    code, kind = "RECORD_ERASED", Kind.CONFLICT
    zh = "该{entity}的资料已应要求擦除，不能恢复或修改。"
    en = "To work with this {entity} you must create it anew: it was erased for good."
    remedy_zh, remedy_en = "如仍有往来，请重新新建。", "Create a new record if you still deal with them."


class PermissionUnknown(Refusal):
    code = "PERMISSION_UNKNOWN"
    zh, en = "没有“{permission}”这项权限。", "There is no permission {permission}."
    remedy_zh, remedy_en = "请从权限列表中选择。", "Choose from the list of permissions."


class FieldNotMaskable(Refusal):
    code = "FIELD_NOT_MASKABLE"
    zh, en = "字段“{name}”不存在或不能隐藏。", "The field {name} does not exist or cannot be hidden."
    remedy_zh, remedy_en = "请从可隐藏的字段中选择。", "Choose from the fields that can be hidden."


class RoleAssigned(Refusal):
    code, kind = "ROLE_ASSIGNED", Kind.CONFLICT
    zh, en = "仍有 {count} 处使用该角色，不能删除。", "To delete this role you must take it from its {count} holders."
    remedy_zh, remedy_en = "请先为这些成员更换角色。", "Give those members another role first."


class RoleBuiltIn(Refusal):
    code, kind = "ROLE_BUILT_IN", Kind.CONFLICT
    zh, en = "内置角色不能删除。", "A built-in role cannot be deleted."
    remedy_zh, remedy_en = "可以修改它的名称和权限，或不再分配它。", "Change it, or stop assigning it."


class RoleAlreadyHeld(Refusal):
    code, kind = "ROLE_ALREADY_HELD", Kind.CONFLICT
    zh, en = "该成员在此范围已有这个角色。", "The member holds this role there already."
    remedy_zh, remedy_en = "如需调整数据范围，请修改已有的分配。", "Change the scope of the existing assignment."


class LastAdmin(Refusal):
    code, kind = "LAST_ADMIN", Kind.CONFLICT
    zh, en = "公司至少要有一名管理员。", "To do this the company must keep at least one admin."
    remedy_zh, remedy_en = "请先指定另一名管理员。", "Make somebody else an admin first."


class MemberInactive(Refusal):
    code, kind = "MEMBER_INACTIVE", Kind.CONFLICT
    zh, en = "该成员已停用。", "This member is deactivated."
    remedy_zh, remedy_en = "请先恢复该成员。", "Reactivate the member first."


class MemberActive(Refusal):
    code, kind = "MEMBER_ACTIVE", Kind.CONFLICT
    zh, en = "该成员仍在使用中。", "This member is active."
    remedy_zh, remedy_en = "请先停用该成员。", "Deactivate the member first."


class MovePending(Refusal):
    code, kind = "MOVE_PENDING", Kind.CONFLICT
    zh, en = "上一次组织调整尚未完成。", "To move this you must wait until the previous reorganisation is done."
    remedy_zh, remedy_en = "通常只需几秒，请稍后重试。", "It takes seconds as a rule; try again shortly."


class MoveIntoItself(Refusal):
    code, kind = "MOVE_INTO_ITSELF", Kind.CONFLICT
    zh, en = "不能把部门移动到它自己或它的下级部门。", "A department cannot be moved into itself or below itself."
    remedy_zh, remedy_en = "请选择其他上级部门。", "Choose another parent."


class OrganisationKindInvalid(Refusal):
    code = "ORGANISATION_KIND_INVALID"
    zh, en = "组织类型“{value}”不可用；总部只有一个。", "The kind {value} cannot be used; there is one head office."
    remedy_zh, remedy_en = "可选：{choices}。", "Choose one of: {choices}."


class LanguageUnknown(Refusal):
    code = "LANGUAGE_UNKNOWN"
    zh, en = "不支持语言“{value}”。", "The language {value} is not supported."
    remedy_zh, remedy_en = "可选：{choices}。", "Choose one of: {choices}."


class NotACompanyAccount(Refusal):
    code, kind = "NOT_A_COMPANY_ACCOUNT", Kind.CONFLICT
    zh, en = "只能重设由公司创建的账号的密码。", "To reset a password you must choose an account that the company made."
    remedy_zh, remedy_en = "请该成员自行通过“忘记密码”重设。", "Ask the member to reset it by phone or e-mail."


class MemberHoldsMore(Refusal):
    code, kind = "MEMBER_HOLDS_MORE", Kind.FORBIDDEN
    zh = "该成员的权限超出您管理的范围，您不能重设其密码。"
    en = "To reset this member's password their rights must lie within what you manage."
    remedy_zh, remedy_en = "请联系管理员重设。", "Ask an admin to reset it."


class SettingUnknown(Refusal):
    code = "SETTING_UNKNOWN"
    zh, en = "没有名为“{name}”的设置。", "There is no setting {name}."
    remedy_zh, remedy_en = "请从设置列表中选择。", "Choose from the list of settings."


class SettingInvalid(Refusal):
    code = "SETTING_INVALID"
    zh, en = "“{zh}”不接受这个值。", "{en} does not take this value."
    remedy_zh, remedy_en = "可填：{accepts_zh}。", "It takes {accepts_en}."


class OnlyDuringTrial(Refusal):
    code, kind = "ONLY_DURING_TRIAL", Kind.CONFLICT
    zh, en = "只有试用期内才能清除试用数据。", "Trial data can be cleared during the trial only."
    remedy_zh, remedy_en = "正式使用后，请逐条归档不需要的记录。", "Archive what you no longer need instead."


class NotConfirmed(Refusal):
    code = "NOT_CONFIRMED"
    zh, en = "请输入公司名称以确认清除。", "To clear this you must type the company's name."
    remedy_zh, remedy_en = "公司名称须与登记的完全一致。", "It must be exactly as registered."
