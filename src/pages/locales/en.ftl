# Every text of the pages in English. In each language the names are the same. What an error or a rule of the policy says is
# English in the crate itself, so `error-…` and `rule-…` stand here only where nothing else has them.

## Around every page

skip-to-content = Skip to main content
account = Account
security-link = Security
questions = Questions?
title-error = Error: { $value }
problem-heading = There is a problem
not-locked = Your account is not locked.
wait-left = { "{seconds}" } s left.
wait-over = You can try again now.
ends-soon = You will be signed out in a few minutes.
ends-soon-sign-in = Sign in again
ends-soon-stay = Stay signed in
go-home = Go to the home page
continue = Continue
cancel = Cancel
start-again = Start again
back-to-sign-in = Back to sign-in
go-to-sign-in = Go to sign-in
show-password = Show password
hide-password = Hide password
a-browser = A browser
browser-on = { $browser } on { $system }
moment =
    { $day } { $month ->
        [1] January
        [2] February
        [3] March
        [4] April
        [5] May
        [6] June
        [7] July
        [8] August
        [9] September
        [10] October
        [11] November
       *[12] December
    } { $year }, { $time } UTC

## Failed requests

error-title = Sorry
failed-not-signed-in = Please sign in.
failed-no-sign-in = There is no sign-in to continue here. Please sign in again.
failed-too-large = That is more than we can read. Please send less.
failed-unsupported-type = We read forms and JSON only. Please start again.
failed-malformed = We could not read that. Please start again.
failed-not-found = This page does not exist.
failed-method = This page cannot do that.
failed-cross-site = Your browser says another site sent this, or does not say where it came from, so nothing was done. Please start again here; if that does not help, try a newer browser.
failed-internal = Something went wrong on our side. Please try again.
error-email_malformed = Please enter one complete email address.
error-link_not_kept = Please open the link in your email again, or request a new one.

## Messages about the step just taken

notice-signed-out = You are signed out.
notice-session-ended = Please sign in again. Your session has ended, or the last step took too long.
notice-password-changed = Password changed. Other devices were signed out. We emailed you a confirmation.
notice-confirmed = Thank you. You can continue now.
notice-others-signed-out = You are signed out everywhere else.
notice-device-signed-out = The device was signed out and forgotten.
notice-session-signed-out = Signed out there.
notice-app-off = Two-step sign-in is off. We emailed you a confirmation.
notice-email-requested =
    { $count ->
        [one] We have emailed a link to the new address. Open it here within { $count } minute.
       *[other] We have emailed a link to the new address. Open it here within { $count } minutes.
    }
notice-email-requested-hours =
    { $count ->
        [one] We have emailed a link to the new address. Open it here within { $count } hour.
       *[other] We have emailed a link to the new address. Open it here within { $count } hours.
    }
notice-email-changed = Email address changed. Other devices were signed out. We emailed both addresses.

## Signing in and out

sign-in-title = Sign in
sign-in-button = Sign in
already-signed-in = You are already signed in. You can sign in again, or go on:
email = Email
password = Password
keep-me-signed-in = Keep me signed in
keep-hint =
    { $count ->
        [0] On a device of your own only.
        [1] On a device of your own only.
       *[other] For { $count } days, on a device of your own only.
    }
sign-out-title = Sign out
sign-out-button = Sign out
sign-out-question = Do you want to sign out in this browser?

## The second step

second-step-title = Second step
code = Code
code-hint = Enter the 6-digit code from your authenticator app.
recovery-code = Recovery code
recovery-code-hint = One of the codes you saved when you set up your authenticator app. Each works once.
remember-browser =
    { $count ->
        [one] Do not ask for a code in this browser for { $count } day
       *[other] Do not ask for a code in this browser for { $count } days
    }
use-authenticator = Use the authenticator app
use-recovery-code = Use a recovery code

## A password of one's own

choose-password-title = Choose your password
choose-password-intro = You will sign in with this password from now on.
new-password = New password
save-password = Save password
rule-not-yet = Not yet
rule-ok = OK
rules-open = Rules not met yet: { "{count}" }.
rules-done = Every rule that can be checked now is met.

## The authenticator app

authenticator-title = Authenticator app
authenticator-intro = An authenticator app on your phone shows a code that changes every 30 seconds. With it, nobody gets in with your password alone.
authenticator-set-up = Set up
authenticator-required = An authenticator app is required here.
authenticator-scan = Scan this code with your authenticator app, or enter the key.
authenticator-qr = QR code with the key below
authenticator-again = Enter the code that the app shows now.
authenticator-code = Code from the app
authenticator-new-key = Start again with a new key
confirm-code = Confirm code
copy-key = Copy key
copied = Copied
recovery-codes-title = Recovery codes
recovery-codes-intro = If you lose your authenticator app, each of these codes lets you in once. Codes you had before no longer work.
recovery-codes-once = They are shown only now: write them down, or save them in your password manager.
recovery-codes-saved = I have saved them
download-codes = Download recovery codes
recovery-codes-file = recovery-codes.txt

## "Forgot your password?"

forgot-title = Forgot your password?
forgot-hint = We'll email you if there is an account for this address.
forgot-check-title = Check the address
forgot-check-question = Reset the password for { $value }?
forgot-reset-button = Reset
forgot-change-address = Change address
forgot-sent-title = Check your mailbox
forgot-sent-1 = If that account exists, an email is on its way. Follow its link to confirm; nothing changes until you do.
forgot-sent-2 =
    { $count ->
        [one] We send at most one email a minute. If none arrives, check your spam folder, or try again then.
       *[other] We send at most one email every { $count } minutes. If none arrives, check your spam folder, or try again then.
    }
reset-confirm-title = Confirm your password reset
reset-confirm-intro = Press Confirm to get a temporary password by email.
reset-confirm-button = Confirm
reset-confirm-not-you = If you did not request this, close this page. Nothing has changed.
reset-done-title = Check your mailbox again
reset-done-1 = We emailed you a temporary password. It works once, until { $value }.
reset-done-2 = Your old password keeps working until you choose a new one.
reset-password-title = Choose a new password
reset-failed-title = This link does not work
reset-again-intro = If it does not arrive, confirm again in a few minutes.
reset-again-link = Confirm again

## Opening an account

register-title = Create an account
register-hint = We'll email you how to go on.
register-check-question = Create an account for { $value }?
register-send-button = Send email
register-sent = We have emailed you how to go on. There is no new account until you follow the link in that email.
register-confirm-title = Choose a password for your account
register-confirm-address = Your account: { $value }
register-button = Create account
register-not-you = If you did not request this, close this page. No account was created.
register-failed = If you have already chosen your password, sign in with it.

## "Confirm it's you"

confirm-title = Confirm it's you
confirm-intro = Please confirm it's you before you continue.
confirm-by-code = Code from your authenticator app, or a recovery code
confirm-by-password = Your password
confirm-button = Confirm

## "My password and security"

security-title = My password and security
current-password = Current password
change-password-button = Change password
change-password-hint = This signs out your other devices. We will email you to confirm.
new-email = New email address
new-email-hint = We will email a link to it. Nothing changes until you open it and confirm.
change-email-button = Change email address
two-step = Two-step sign-in
two-step-since = Your authenticator app has been on since { $value }.
two-step-off = Off. With an authenticator app, nobody gets in with your password alone.
recovery-codes-left =
    { $count ->
        [one] { $count } recovery code is left.
       *[other] { $count } recovery codes are left.
    }
new-recovery-codes = Create new recovery codes
another-app = Set up another app
turn-off = Turn it off
set-up-authenticator = Set up an authenticator app
sessions = Where you are signed in
this-session = This session
session-signed-in = Signed in { $at } with { $proofs }.
session-kept = Kept signed in.
session-last-seen = Last seen { $value }.
proof-password = password
proof-temporary-password = mailed password
proof-reset-link = mailed link
proof-totp = code
proof-recovery-code = recovery code
proof-and = { " and " }
sign-out-others = Sign out everywhere else
devices = Devices
devices-hint = Browsers that have signed in before. If one is lost or not yours, sign it out here: it is forgotten, too.
this-device = This device
device-last-used = Last signed in { $value }.
sign-out-device = Sign out and forget

## Another address

email-confirm-title = Confirm your new address
email-confirm-address = Your new address: { $value }
email-confirm-intro = Press Confirm to sign in with this address from now on. Your other devices will be signed out.
email-confirm-sign-in = Please sign in first, still with your current address. You will come back here.
email-signed-in-as = You are signed in as { $value }.
email-undo-title = Get your address back
email-undo-address = Your account will have this address again: { $value }
email-undo-intro = Everyone will be signed out, and the current password will no longer work. We will email a temporary password to this address.
email-undo-button = Get my address back
email-undo-keep = If you changed the address yourself, close this page. Nothing is undone.
email-undo-used = This link has been used or has expired. If you pressed the button before, look in your mailbox for a temporary password. Otherwise please contact us.
email-undo-not-mailed = Your account has your address again, but we could not send the email. Please choose "Forgot your password?" on the sign-in page in a few minutes.
email-undone-title = You have your address back
email-undone-1 = Your account has your address again. Everyone was signed out, and the old password no longer works.
email-undone-2 = Sign in with it, then choose a new password.

## Leaving

leaving = Your account
export-hint = You can download what we store about you as a file, or delete your account.
export-button = Download your data
delete-title = Delete your account
delete-address = This is about the account of { $value }.
delete-intro = Your account will be closed at once, and you will be signed out everywhere.
delete-days =
    { $count ->
        [one] It will be deleted after { $count } day. Until then you can change your mind: we will email you a link.
       *[other] It will be deleted after { $count } days. Until then you can change your mind: we will email you a link.
    }
delete-hours =
    { $count ->
        [one] It will be deleted after { $count } hour. Until then you can change your mind: we will email you a link.
       *[other] It will be deleted after { $count } hours. Until then you can change your mind: we will email you a link.
    }
delete-at-once = It will be deleted at once. This cannot be undone.
delete-moved = If its address was changed lately, the account is only deleted when that can no longer be undone.
delete-button = Delete my account
delete-keep = Keep my account
deleted-title = Your account is closed
deleted-until = Your account will be gone on { $value }. You were signed out everywhere.
deleted-mailed = If you change your mind before then, open the link in the email that we sent you.
deleted-not-mailed = We could not send you the email about it. To keep your account, please contact us.
deleted-gone-title = Your account is deleted
deleted-gone = Your account is gone, and you were signed out everywhere.
undo-deletion-title = Keep your account
undo-deletion-until = Your account is closed, and will be gone on { $value }. Until then you can undo that here.
undo-deletion-intro = Your account will be as before. Sign in with your password as always.
undo-deletion-button = Keep my account
undo-deletion-leave = If you still want to leave, close this page. Nothing changes.
undo-deletion-used = This link has been used or has expired. If your account is still there, you can sign in. Otherwise please contact us.
undo-deletion-damaged = This link is incomplete or was changed on its way to you. Please copy the whole link from the email.
undo-deletion-not-kept = Please open the link in your email again.
undone-deletion-title = Your account stays
undone-deletion = Your account is as before. Sign in with your password as always. We emailed you a confirmation.

## Newcomers

welcome-your-password = Your password
welcome-step = Step { $current } of { $count }
all-set-title = You are all set
all-set-text = From now on, sign in with your email address and your own password.

## Recent activity

activity-title = Recent activity
activity-none = Nothing yet.
activity-unavailable = Not all of it can be shown right now.
activity-times = { $value }, { $times } times
activity-created = Account created
activity-first-password = New first password emailed
activity-address-corrected = Email address corrected by our support team
activity-address-requested = Change of email address requested
activity-address-changed = Email address changed
activity-address-restored = Change of email address undone from the previous address
activity-address-changed-by-support = Email address changed by our support team
activity-signed-in = Signed in
activity-sign-in-failed = Sign-in failed
activity-code-wrong = Wrong code
activity-many-wrong-codes = Many wrong codes
activity-authenticator-on = Authenticator app set up
activity-authenticator-off = Authenticator app turned off
activity-authenticator-removed = Authenticator app removed by our support team
activity-recovery-codes = New recovery codes created
activity-confirmed = Identity confirmed
activity-not-confirmed = Failed to confirm identity
activity-password-changed = Password changed
activity-password-not-changed = Password change failed: wrong current password
activity-reset-requested = Password reset requested
activity-reset-confirmed = Password reset confirmed
activity-reset-completed = Password reset completed
activity-reset-cancelled = Password reset cancelled
activity-device-added = New browser remembered
activity-device-signed-out = Browser signed out and forgotten
activity-signed-out = Signed out
activity-session-ended = A browser signed out from another one
activity-signed-out-everywhere = All other browsers signed out
activity-exported = A copy of the account's data was made
activity-deletion-requested = Deletion of the account requested
activity-deletion-undone = Deletion of the account undone
activity-deactivated = Account deactivated
activity-reactivated = Account reactivated
activity-change-required = New password required by our support team
activity-password-invalidated = Password invalidated by our support team
activity-throttled = Sign-in attempt came too soon and was not checked

## Accounts, for operators

accounts-title = Accounts
accounts-find = Find an account by its address
accounts-find-button = Find
accounts-active = Active accounts
accounts-deactivated = Deactivated accounts
accounts-none = There are none.
accounts-more = Show more
accounts-back = All accounts
error-account_unknown = There is no account with this address.
error-own_account = Please ask another operator to do this to your own account.
error-reason_missing = Please say how you verified their identity.
provision-title = Create an account
provision-hint = We generate a first password and email it. Nobody here chooses or sees it.
provision-button = Create account
account-title = Account
account-active = Active
account-deactivated = Deactivated
account-deletion = Its owner has asked for its deletion. It will be gone on { $value }. Reactivating the account undoes this; deactivating it keeps the account closed.
account-undeliverable = Emails do not arrive
account-created = Created { $value }.
account-signed-in = Last signed in { $value }.
account-never = Never signed in.
account-sessions = Sessions
account-no-sessions = Not signed in anywhere.
account-signs = In the last seven days: up to { $devices } devices in an hour and { $places } places at once; { $hours } hours with three places by turns, on { $days } days. Many such hours on several days suggest that several people share the account.
account-journal = Journal
account-by-operator = by an operator
account-reason = How you verified their identity
account-resend = Email a new first password
account-resend-text = The first password that was mailed before no longer works.
account-start-reset = Send a reset link
account-start-reset-text = Its owner gets the same email as after "Forgot your password?", at most one every few minutes.
account-change-email = Change the address
account-change-email-text = Only after you have made sure, by other means than mail, who asks for it: whoever reads the new mailbox can reset the password. All sessions end, and both addresses are told. If no password has been chosen yet, a new first password is emailed to the new address.
account-require-change = Require a new password
account-require-change-text = The next sign-in asks for a new password. All sessions end now, and its owner gets an email.
account-mark-compromised = Invalidate the password
account-mark-compromised-text = For a password that others know: it no longer works, and all sessions end. The owner gets an email and chooses a new one by "Forgot your password?".
account-sign-out = Sign out everywhere
account-sign-out-text = All sessions of this account end now. The password stays.
account-reset-factor = Remove the authenticator app
account-reset-factor-text = Only after you have made sure who asks for it: from then on the password alone is enough. All sessions end, and the owner gets an email.
account-deactivate = Deactivate
account-deactivate-text = All sessions end now. Signing in fails as with a wrong password, and no emails are sent, until the account is reactivated.
account-reactivate = Reactivate
account-reactivate-text = Its owner can sign in again, with the same password.
notice-account-provisioned = Account created. Its first password was emailed.
notice-welcome-not-mailed = The account was created, but its first password could not be emailed. Please send it again from here.
notice-welcome-resent = A new first password was emailed.
notice-reset-started = A reset link is on its way, unless one was sent in the last few minutes.
notice-account-email-changed = The address was changed, and all sessions have ended.
notice-change-required = The next sign-in will ask for a new password.
notice-marked-compromised = The password no longer works.
notice-account-signed-out = All sessions have ended.
notice-second-factor-reset = The authenticator app was removed. We emailed its owner.
notice-account-deactivated = The account is deactivated.
notice-account-reactivated = The account is active again.
