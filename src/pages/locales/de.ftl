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
reset-failed-title = This link does not work
reset-again-intro = If it does not arrive, confirm again in a few minutes.
reset-again-link = Confirm again

## "Confirm it's you"

confirm-title = Confirm it's you
confirm-intro = You are changing something important, so we ask once more.
confirm-code = Code
confirm-code-hint = Enter a code from your authenticator app, or a recovery code.

## "My password and security"

security-title = My password and security
current-password = Current password
change-password-button = Change password
change-password-hint = This signs out your other devices. We will email you to confirm.
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

## Welcome

welcome-step = Schritt { $current } von { $count }
welcome-your-password = Ihr Passwort
all-set-title = Alles ist eingerichtet
all-set-text = Melden Sie sich ab jetzt mit Ihrer E-Mail-Adresse und Ihrem eigenen Passwort an.

## Recent activity

activity-title = Letzte Aktivitäten
activity-none = Noch nichts.
activity-unavailable = Einiges kann gerade nicht angezeigt werden. Bitte versuchen Sie es später noch einmal.
activity-times = { $value }, { $times }-mal
activity-created = Konto angelegt
activity-first-password = Neues erstes Passwort per E-Mail verschickt
activity-address-corrected = E-Mail-Adresse berichtigt
activity-signed-in = Angemeldet
activity-sign-in-failed = Anmeldung fehlgeschlagen
activity-throttled = Anmeldeversuch kam zu früh und wurde nicht geprüft
activity-code-wrong = Falscher Code
activity-many-wrong-codes = Viele falsche Codes
activity-authenticator-on = Authenticator-App eingerichtet
activity-authenticator-off = Authenticator-App ausgeschaltet
activity-authenticator-removed = Authenticator-App von unserem Support entfernt
activity-recovery-codes = Neue Wiederherstellungscodes erstellt
activity-confirmed = Identität bestätigt
activity-not-confirmed = Identität nicht bestätigt: falsches Passwort
activity-password-changed = Passwort geändert
activity-password-not-changed = Passwort nicht geändert: aktuelles Passwort falsch
activity-reset-requested = Zurücksetzen des Passworts angefordert
activity-reset-confirmed = Zurücksetzen des Passworts bestätigt
activity-reset-completed = Zurücksetzen des Passworts abgeschlossen
activity-reset-cancelled = Zurücksetzen des Passworts abgebrochen
activity-device-added = Neuen Browser gemerkt
activity-device-signed-out = Browser abgemeldet und vergessen
activity-signed-out = Abgemeldet
activity-session-ended = Von einem anderen Browser aus abgemeldet
activity-signed-out-everywhere = Überall sonst abgemeldet
activity-deactivated = Konto deaktiviert
activity-reactivated = Konto wieder aktiviert
activity-change-required = Neues Passwort von unserem Support verlangt
activity-password-invalidated = Passwort von unserem Support für ungültig erklärt

## Accounts, for operators

accounts-title = Konten
accounts-find-title = Ein Konto suchen
accounts-find-button = Suchen
accounts-active = Aktive Konten
accounts-deactivated = Deaktivierte Konten
accounts-none = Es gibt keine.
accounts-more = Weitere Konten
accounts-all = Alle Konten
accounts-provision-title = Ein Konto anlegen
accounts-provision-hint = Wir erzeugen ein erstes Passwort und schicken es per E-Mail. Niemand hier wählt oder sieht es.
accounts-provision-button = Konto anlegen
account-state = Konto
account-is-active = Aktiv
account-is-deactivated = Deaktiviert
account-yours = Ihres
account-created = Angelegt am { $value }.
account-last-sign-in = Zuletzt angemeldet am { $value }.
account-never = Noch nie angemeldet.
account-has-password = Hat ein Passwort.
account-has-no-password = Hat noch kein Passwort.
account-has-second-factor = Die Anmeldung in zwei Schritten ist eingeschaltet.
account-has-no-second-factor = Die Anmeldung in zwei Schritten ist ausgeschaltet.
account-undeliverable = Keine E-Mails
account-undeliverable-since = E-Mails erreichen diese Adresse nicht, seit { $value }.
account-sessions = Sitzungen
account-no-sessions = Nirgends angemeldet.
account-sharing = Anzeichen für gemeinsame Nutzung
account-sharing-hint = In den letzten sieben Tagen. Viele Stunden mit drei Orten, an mehreren Tagen, deuten darauf hin, dass mehrere Personen das Konto nutzen.
signs-devices = Meiste Geräte in einer Stunde
signs-places = Meiste Orte zur selben Zeit
signs-addresses = IP-Adressen
signs-hours = Stunden mit drei Orten im Wechsel
signs-days = Tage mit solchen Stunden
account-journal = Protokoll
account-by = Durch { $value }
account-earlier = Frühere Einträge
account-reason = Wie haben Sie die Identität geprüft?
account-resend = Neues erstes Passwort senden
account-resend-effect = Wir erzeugen ein neues erstes Passwort und schicken es per E-Mail. Das vorherige gilt dann nicht mehr.
account-start-reset = Link zum Zurücksetzen senden
account-start-reset-effect = Wir schicken per E-Mail einen Link, mit dem sich ein neues Passwort wählen lässt, falls nicht vor wenigen Minuten schon einer verschickt wurde. Bis dahin gilt das aktuelle Passwort weiter.
account-require-change = Neues Passwort verlangen
account-require-change-effect = Alle Sitzungen enden. Bei der nächsten Anmeldung muss ein neues Passwort gewählt werden. Wir benachrichtigen die Person per E-Mail.
account-mark-compromised = Passwort für ungültig erklären
account-mark-compromised-effect = Das Passwort gilt nicht mehr, und alle Sitzungen und Geräte werden abgemeldet. Die Person kommt über „Passwort vergessen?“ wieder in ihr Konto. Wir benachrichtigen sie per E-Mail.
account-sign-out = Überall abmelden
account-sign-out-effect = Alle Sitzungen enden. Das Passwort bleibt.
account-reset-second-factor = Authenticator-App entfernen
account-reset-second-factor-effect = Danach genügt das Passwort allein. Prüfen Sie zuerst, wer darum bittet, und zwar nicht per E-Mail. Alle Sitzungen enden, und wir benachrichtigen die Person per E-Mail.
account-deactivate = Konto deaktivieren
account-deactivate-effect = Alle Sitzungen enden, und die Person kann sich nicht mehr anmelden. Nichts wird gelöscht; Sie können das Konto wieder aktivieren.
account-reactivate = Konto wieder aktivieren
account-reactivate-effect = Das Passwort gilt wieder. Was vorher per E-Mail verschickt wurde, gilt nicht mehr.
error-account_unknown = Zu dieser E-Mail-Adresse gibt es kein Konto.
error-own_account = Das ist Ihr eigenes Konto. Bitte wenden Sie sich an jemand anderen mit diesen Rechten.
error-reason_missing = Bitte geben Sie an, wie Sie die Identität geprüft haben.
notice-account-provisioned = Das Konto wurde angelegt, und das erste Passwort wurde per E-Mail verschickt.
notice-welcome-resent = Ein neues erstes Passwort wurde per E-Mail verschickt.
notice-reset-started = Ein Link zum Zurücksetzen ist unterwegs, falls nicht vor wenigen Minuten schon einer verschickt wurde.
notice-change-required = Bei der nächsten Anmeldung wird ein neues Passwort verlangt.
notice-marked-compromised = Das Passwort gilt nicht mehr.
notice-account-signed-out = Alle Sitzungen sind beendet.
notice-second-factor-reset = Die Authenticator-App wurde entfernt.
notice-account-deactivated = Das Konto ist deaktiviert.
notice-account-reactivated = Das Konto ist wieder aktiv.
