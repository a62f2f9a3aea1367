// What the pages ask of the API: one operation a line.
export const INVITATION = "query($token: String!) { invitation(token: $token) { tenantName inviter name sentTo hasUser expiresAt } }";
export const ACCEPT_INVITATION = "mutation($input: AcceptInvitationInput!) { acceptInvitation(input: $input) { token } }";
export const VERIFY_EMAIL = "mutation($input: VerifyEmailInput!) { verifyEmail(input: $input) { done } }";
export const SEND_VERIFICATION = "mutation { requestEmailVerification { done } }";
export const EMAIL_VERIFIED = "query { me { emailVerified } }";
export const RESET_PASSWORD = "mutation($input: ResetPasswordInput!) { resetPassword(input: $input) { done } }";
export const REQUEST_PASSWORD_RESET = "mutation($input: RequestPasswordResetInput!) { requestPasswordReset(input: $input) { done } }";
export const REQUEST_SMS_CODE = "mutation($input: RequestSmsCodeInput!) { requestSmsCode(input: $input) { done } }";
export const SIGN_IN = "mutation($input: SignInInput!) { signIn(input: $input) { token totpRequired } }";
export const SIGN_OUT = "mutation { signOut { done } }";
export const SESSIONS = "query { sessions { id tenantName deviceName address lastSeenAt current } }";
export const REVOKE_SESSION = "mutation($input: RevokeSessionInput!) { revokeSession(input: $input) { count } }";
