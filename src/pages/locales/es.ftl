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

welcome-step = Paso { $current } de { $count }
welcome-your-password = Su contraseña
all-set-title = Todo está listo
all-set-text = A partir de ahora, inicie sesión con su dirección de correo electrónico y su propia contraseña.

## Recent activity

activity-title = Actividad reciente
activity-none = Nada por ahora.
activity-unavailable = Una parte no se puede mostrar en este momento. Inténtelo de nuevo más tarde.
activity-times = { $value }, { $times } veces
activity-created = Cuenta creada
activity-first-password = Nueva primera contraseña enviada por correo
activity-address-corrected = Dirección de correo corregida
activity-signed-in = Sesión iniciada
activity-sign-in-failed = Inicio de sesión fallido
activity-throttled = Intento de inicio de sesión demasiado pronto, no se comprobó
activity-code-wrong = Código incorrecto
activity-many-wrong-codes = Muchos códigos incorrectos
activity-authenticator-on = Aplicación de autenticación configurada
activity-authenticator-off = Aplicación de autenticación desactivada
activity-authenticator-removed = Aplicación de autenticación retirada por nuestro equipo de soporte
activity-recovery-codes = Nuevos códigos de recuperación creados
activity-confirmed = Identidad confirmada
activity-not-confirmed = Identidad no confirmada: contraseña incorrecta
activity-password-changed = Contraseña cambiada
activity-password-not-changed = Contraseña no cambiada: la contraseña actual era incorrecta
activity-reset-requested = Restablecimiento de la contraseña solicitado
activity-reset-confirmed = Restablecimiento de la contraseña confirmado
activity-reset-completed = Restablecimiento de la contraseña completado
activity-reset-cancelled = Restablecimiento de la contraseña cancelado
activity-device-added = Nuevo navegador recordado
activity-device-signed-out = Sesión cerrada en un navegador, que se ha olvidado
activity-signed-out = Sesión cerrada
activity-session-ended = Sesión cerrada desde otro navegador
activity-signed-out-everywhere = Sesión cerrada en todos los demás sitios
activity-deactivated = Cuenta desactivada
activity-reactivated = Cuenta reactivada
activity-change-required = Nueva contraseña exigida por nuestro equipo de soporte
activity-password-invalidated = Contraseña invalidada por nuestro equipo de soporte

## Accounts, for operators

accounts-title = Cuentas
accounts-find-title = Buscar una cuenta
accounts-find-button = Buscar
accounts-active = Cuentas activas
accounts-deactivated = Cuentas desactivadas
accounts-none = No hay ninguna.
accounts-more = Más cuentas
accounts-all = Todas las cuentas
accounts-provision-title = Crear una cuenta
accounts-provision-hint = Generamos una primera contraseña y la enviamos por correo. Aquí nadie la elige ni la ve.
accounts-provision-button = Crear cuenta
account-state = Cuenta
account-is-active = Activa
account-is-deactivated = Desactivada
account-yours = La suya
account-created = Creada el { $value }.
account-last-sign-in = Último inicio de sesión: { $value }.
account-never = Nunca ha iniciado sesión.
account-has-password = Tiene contraseña.
account-has-no-password = Aún no tiene contraseña.
account-has-second-factor = La verificación en dos pasos está activada.
account-has-no-second-factor = La verificación en dos pasos está desactivada.
account-undeliverable = Sin correo
account-undeliverable-since = El correo no llega a esta dirección desde el { $value }.
account-sessions = Sesiones
account-no-sessions = No hay ninguna sesión abierta.
account-sharing = Indicios de uso compartido
account-sharing-hint = En los últimos siete días. Muchas horas con tres lugares, en varios días, sugieren que varias personas comparten la cuenta.
signs-devices = Máximo de dispositivos en una hora
signs-places = Máximo de lugares a la vez
signs-addresses = Direcciones IP
signs-hours = Horas con tres lugares alternados
signs-days = Días con horas así
account-journal = Registro
account-by = Por { $value }
account-earlier = Entradas anteriores
account-reason = ¿Cómo ha comprobado la identidad?
account-resend = Enviar una nueva primera contraseña
account-resend-effect = Generamos una nueva primera contraseña y la enviamos por correo. La anterior deja de ser válida.
account-start-reset = Enviar un enlace de restablecimiento
account-start-reset-effect = Enviamos por correo un enlace para elegir una nueva contraseña, salvo que hayamos enviado otro hace unos minutos. Hasta entonces, la contraseña actual sigue siendo válida.
account-require-change = Exigir una nueva contraseña
account-require-change-effect = Se cierran todas las sesiones. En el próximo inicio de sesión, esta persona tendrá que elegir una nueva contraseña. Le avisamos por correo.
account-mark-compromised = Invalidar la contraseña
account-mark-compromised-effect = La contraseña deja de ser válida y se cierra la sesión en todos los dispositivos. Esta persona puede volver a entrar con «¿Ha olvidado su contraseña?». Le avisamos por correo.
account-sign-out = Cerrar todas las sesiones
account-sign-out-effect = Se cierran todas las sesiones. La contraseña no cambia.
account-reset-second-factor = Retirar la aplicación de autenticación
account-reset-second-factor-effect = A partir de entonces basta con la contraseña. Compruebe antes quién lo solicita, y no por correo. Se cierran todas las sesiones, y avisamos a esta persona por correo.
account-deactivate = Desactivar la cuenta
account-deactivate-effect = Se cierran todas las sesiones y esta persona ya no puede iniciar sesión. No se elimina nada; puede reactivar la cuenta.
account-reactivate = Reactivar la cuenta
account-reactivate-effect = La contraseña vuelve a ser válida. Lo que se envió antes por correo, no.
error-account_unknown = No hay ninguna cuenta con esta dirección.
error-own_account = Esta es su propia cuenta. Pídaselo a otra persona con estos permisos.
error-reason_missing = Indique cómo ha comprobado la identidad.
notice-account-provisioned = La cuenta se ha creado y su primera contraseña se ha enviado por correo.
notice-welcome-resent = Se ha enviado por correo una nueva primera contraseña.
notice-reset-started = Se ha enviado un enlace de restablecimiento, salvo que ya se enviara otro hace unos minutos.
notice-change-required = En el próximo inicio de sesión se pedirá una nueva contraseña.
notice-marked-compromised = La contraseña ya no es válida.
notice-account-signed-out = Se han cerrado todas las sesiones.
notice-second-factor-reset = La aplicación de autenticación se ha retirado.
notice-account-deactivated = La cuenta está desactivada.
notice-account-reactivated = La cuenta vuelve a estar activa.
