"""What the pages say, in Chinese and English. Refusals come from the API with sentences of their own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from values.errors import Words

TEXTS: Final[Mapping[str, Words]] = {
    # Every page
    "brand": Words("云帆", "Yunfan"),
    "other_language": Words("English", "中文"),
    "stop": Words("。", "."),
    "home": Words("前往云帆", "Go to Yunfan"),
    "again": Words("重试", "Try again"),
    "noscript": Words(
        "本页面需要启用 JavaScript。请在浏览器设置中启用后刷新，或换用其他浏览器打开邮件中的链接。",
        "This page needs JavaScript. Switch it on and reload, or open the link in another browser.",
    ),
    "footer": Words(
        "链接仅供您本人使用，请勿转发。云帆的工作人员不会向您索要密码或验证码。",
        "Links are for you alone: do not pass them on. Nobody at Yunfan asks you for a password or a code.",
    ),
    "unreachable": Words("无法连接服务器，本次操作没有完成。", "The server cannot be reached; nothing was done."),
    "unreachable_remedy": Words("请检查网络后重试。", "Check your connection and try again."),
    "mismatch": Words("两次输入的密码不一致，请重新输入。", "The two passwords differ; type them again."),
    "second_factor": Words(
        "此账号已开启动态验证码，请填写后继续。", "This user has a second factor: fill in its code to go on."
    ),
    "incomplete.title": Words("链接不完整", "This link is incomplete"),
    "incomplete.text": Words(
        "请回到邮件或短信，点击其中的按钮；如需手动复制，请从“http”开始复制到末尾，不要遗漏“#”后面的内容。",
        "Go back to the message and use its button. If you copy the address, take all of it, from “http” to the end, "
        "with what follows the “#”.",
    ),
    "identifier": Words("邮箱或手机号", "E-mail or phone"),
    "password": Words("密码", "Password"),
    "new_password": Words("新密码", "New password"),
    "repeat_password": Words("再次输入新密码", "New password again"),
    "show_password": Words("显示密码", "Show the password"),
    "password_hint": Words(
        "一般不少于 10 个字符，以贵公司的要求为准。可以用一句好记的话，不要包含姓名、手机号、邮箱或公司名称。",
        "10 characters or more as a rule; your company may ask for others. A short sentence works well. "
        "Leave out your name, phone, e-mail and company.",
    ),
    "code": Words("短信验证码", "Code from the text message"),
    "second": Words("动态验证码或恢复码", "Authenticator code or recovery code"),
    "second_hint": Words(
        "在身份验证器 App 中查看 6 位数字；手机不在身边时，可使用恢复码。",
        "Six digits from your authenticator app; without the phone, use a recovery code.",
    ),
    # Accepting an invitation
    "accept-invitation.title": Words("接受邀请", "Accept the invitation"),
    "invitation.loading": Words("正在读取邀请信息…", "Reading the invitation…"),
    "invitation.invites": Words(" 邀请您加入 ", " invites you to join "),
    "invitation.sent_to": Words("邀请发送至 ", "Sent to "),
    "invitation.until": Words("，有效期至 ", ", good until "),
    "invitation.name": Words("您的姓名", "Your name"),
    "invitation.name_hint": Words("同事看到的名字，可以修改。", "As your colleagues see it; correct it if needed."),
    "invitation.first_password": Words("设置登录密码", "Choose a password"),
    "invitation.phone_password": Words("设置登录密码（选填）", "Choose a password (optional)"),
    "invitation.phone_password_hint": Words(
        "不设置密码时，用手机号和短信验证码登录。", "Without one you sign in by phone and a code."
    ),
    "invitation.known": Words(
        "您已有云帆账号。验证身份后即可加入，之后可在多家公司之间切换。",
        "You have a Yunfan user already. Prove that it is you to join; you can switch between companies later.",
    ),
    "invitation.known_password": Words("您的云帆密码", "Your Yunfan password"),
    "invitation.known_phone_password": Words(
        "您的云帆密码（或使用短信验证码）", "Your Yunfan password, or a code below"
    ),
    "invitation.forgotten": Words(
        "忘记了？先重设密码，再回到本页继续：", "Forgotten? Reset it first, then come back to this page: "
    ),
    "invitation.or_code": Words("也可以用短信验证码：", "Or use a code by text message:"),
    "invitation.phone": Words("收到邀请的手机号", "The phone number that was invited"),
    "invitation.send_code": Words("获取验证码", "Send a code"),
    "invitation.code_sent": Words(
        "验证码已发送，10 分钟内有效，请留意短信。", "A code is on its way; it is good for 10 minutes."
    ),
    "invitation.button": Words("接受邀请并加入", "Accept and join"),
    "invitation.done": Words("您已加入 ", "You have joined "),
    "invitation.next_email": Words(
        "下一步：用收到邀请的邮箱和刚才设置的密码登录云帆。",
        "Next: sign in to Yunfan with the invited e-mail address and the password you have just chosen.",
    ),
    "invitation.next_phone": Words(
        "下一步：用收到邀请的手机号登录云帆，可以使用短信验证码，或刚才设置的密码。",
        "Next: sign in to Yunfan with the invited phone number, by a code or the password you have just chosen.",
    ),
    "invitation.next_known": Words(
        "下一步：用您原来的账号登录云帆，然后切换到这家公司。",
        "Next: sign in to Yunfan as you always do and switch to this company.",
    ),
    "invitation.over": Words("邀请已失效", "This invitation is over"),
    "invitation.over_text": Words(
        "邀请链接 72 小时内有效，只能使用一次。如果您已经接受过邀请，直接登录即可；"
        "否则请联系邀请您的同事，重新发送一份邀请。",
        "An invitation is good once, within 72 hours. If you have accepted it, just sign in; "
        "otherwise ask the colleague who invited you to send a new one.",
    ),
    "invitation.member": Words("您已经是成员", "You are a member already"),
    # Verifying an e-mail address
    "verify-email.title": Words("验证邮箱", "Verify your e-mail address"),
    "verify.text": Words(
        "请点击下方按钮，确认收到邮件的邮箱是您本人的。验证后即可用它登录和接收通知。",
        "Press the button to confirm that the address is yours. After that you sign in and get notices with it.",
    ),
    "verify.button": Words("验证我的邮箱", "Verify my address"),
    "verify.done": Words("邮箱已验证", "Your address is verified"),
    "verify.next": Words("下一步：用这个邮箱登录云帆。", "Next: sign in to Yunfan with this address."),
    "verify.over": Words("验证链接已失效", "This link is over"),
    "verify.over_text": Words(
        "链接 72 小时内有效，只能使用一次。如果您之前已点过验证，直接登录即可。"
        "仍需验证时，请在下方登录，我们会重新发送验证邮件。",
        "The link is good once, within 72 hours. If you have used it before, just sign in. "
        "Otherwise sign in here and we send you a new one.",
    ),
    "verify.resend": Words("登录并重新发送", "Sign in and send a new link"),
    "verify.claim": Words("还差一步", "One step is missing"),
    "verify.sent": Words("验证邮件已发送", "A new link is on its way"),
    "verify.sent_text": Words(
        "请打开最新一封验证邮件，点击其中的按钮。没有收到时，请查看垃圾邮件。",
        "Open the newest message and use its button. If there is none, look into the spam folder.",
    ),
    "verify.already": Words("您的邮箱此前已验证，无需再次操作", "Your address is verified already: nothing to do"),
    # A new password
    "reset-password.title": Words("重设密码", "Reset your password"),
    "reset.text": Words(
        "请设置新密码。设置成功后，您在所有设备上的登录都会退出。",
        "Choose a new password. You are then signed out on all devices.",
    ),
    "reset.button": Words("保存新密码", "Save the new password"),
    "reset.done": Words("密码已更新", "Your password is changed"),
    "reset.next": Words(
        "您在所有设备上的登录都已退出。下一步：用新密码重新登录。",
        "You are signed out on all devices. Next: sign in with the new password.",
    ),
    "reset.over": Words("重设链接已失效", "This link is over"),
    "reset.over_text": Words(
        "链接 2 小时内有效，只能使用一次；多次申请时，只要用其中一个设置成功，其余链接随即失效。",
        "The link is good once, within 2 hours. If you asked several times, using one ends the others.",
    ),
    "reset.ask_again": Words("重新获取链接", "Ask for a new link"),
    # Asking for a new password
    "forgot-password.title": Words("忘记密码", "Forgotten password"),
    "forgot.text": Words(
        "填写登录用的邮箱或手机号，我们会发送重设密码的链接或验证码。",
        "Give the e-mail or phone that you sign in with; we send a link or a code to set a new password.",
    ),
    "forgot.company_account": Words(
        "用组织号和账号登录的员工，请联系公司管理员重设。",
        "If you sign in with an organisation code and account, ask your company's admin.",
    ),
    "forgot.button": Words("发送", "Send"),
    "forgot.mailed": Words("请查看邮箱", "Look into your mailbox"),
    "forgot.mailed_before": Words("如果 ", "If "),
    "forgot.mailed_after": Words(
        " 是云帆用户的邮箱，重设链接已经发出，2 小时内有效。",
        " belongs to a Yunfan user, a link is on its way; it is good for 2 hours.",
    ),
    "forgot.not_received": Words(
        "几分钟后仍未收到：请查看垃圾邮件，并核对邮箱是否填写正确。",
        "Nothing after a few minutes? Look into the spam folder and check the address.",
    ),
    "forgot.back": Words("重新填写", "Change it"),
    "forgot.texted": Words("请查看短信", "Look at your messages"),
    "forgot.texted_before": Words("如果 ", "If "),
    "forgot.texted_after": Words(
        " 是云帆用户的手机号，验证码已经发出，10 分钟内有效。填写验证码，并设置新密码。",
        " belongs to a Yunfan user, a code is on its way, good for 10 minutes. Give it here with a new password.",
    ),
    # Where one is signed in
    "sessions.title": Words("我的登录设备", "Where you are signed in"),
    "sessions.text": Words(
        "登录后可以查看您在哪些设备上登录，并退出不认识的设备。",
        "Sign in to see where you are signed in and to sign out what you do not know.",
    ),
    "sessions.button": Words("登录并查看", "Sign in and look"),
    "sessions.list": Words("正在登录的设备", "Signed in at present"),
    "sessions.current": Words("当前页面", "This page"),
    "sessions.seen": Words("最近使用：", "Last used: "),
    "sessions.end": Words("退出", "Sign out"),
    "sessions.end_others": Words("退出其他所有设备", "Sign out everywhere else"),
    "sessions.leave": Words("完成并退出本页", "Done, leave this page"),
    "sessions.change_before": Words("有不认识的设备？退出后请立即", "Something you do not know? Sign it out, then "),
    "sessions.change": Words("修改密码", "change your password"),
    "sessions.restricted": Words("请先修改密码", "Change your password first"),
    "sessions.left": Words("已退出本页", "You have left this page"),
    "sessions.left_text": Words("其他设备上的登录不受影响。", "Sign-ins on other devices go on."),
    "sessions.unnamed": Words("未命名设备", "A device without name"),
    "sessions.ended": Words("已退出。", "Signed out."),
}
