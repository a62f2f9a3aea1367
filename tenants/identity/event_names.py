"""What people call the events of the security log."""

from __future__ import annotations

from values.errors import Words

EVENT_WORDS = {
    "signed_up": Words("注册公司", "Company signed up"),
    "signed_in": Words("登录", "Signed in"),
    "signed_out": Words("退出登录", "Signed out"),
    "sign_in_refused": Words("登录被拒绝", "Sign-in refused"),
    "tenant_switched": Words("切换公司", "Switched company"),
    "joined": Words("接受邀请加入公司", "Joined by invitation"),
    "sessions_revoked": Words("下线自己的其他登录", "Ended own sessions"),
    "forced_out": Words("被强制下线", "Signed out by an admin"),
    "password_changed": Words("修改密码", "Password changed"),
    "password_reset": Words("通过验证重设密码", "Password reset by link or code"),
    "password_reset_by_admin": Words("密码被管理员重设", "Password reset by an admin"),
    "email_verified": Words("验证邮箱", "E-mail address verified"),
    "second_factor_enabled": Words("启用两步验证", "Two-step sign-in switched on"),
    "second_factor_disabled": Words("停用两步验证", "Two-step sign-in switched off"),
    "second_factor_refused": Words("两步验证未通过", "Second step of sign-in refused"),
    "recovery_code_used": Words("使用恢复码登录", "Recovery code used"),
    "deactivated": Words("成员被停用", "Member deactivated"),
    "reactivated": Words("成员恢复启用", "Member reactivated"),
    "device_revoked": Words("设备被吊销，其登录随之结束", "Device revoked, and its sign-ins ended"),
    "device_wipe_requested": Words("要求擦除设备", "Wipe of a device requested"),
    "device_wipe_cancelled": Words("撤回擦除设备", "Wipe of a device called off"),
    "device_wiped": Words("收到设备擦除回执", "Receipt of a wiped device"),
    "token_replayed": Words(
        "已更换的登录凭证再次出现，可能被复制，登录已结束",
        "A replaced sign-in token came back: it may have been copied, so the sign-in was ended",
    ),
    "erased": Words("成员资料被擦除", "Member's data erased"),
}
"""Event → words, for every event that the product writes."""


def event_words(event: str) -> Words:
    """One that an older version wrote stands for itself."""
    return EVENT_WORDS.get(event, Words(event, event))
