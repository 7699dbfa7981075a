# Todos los textos de las páginas en español. Los nombres son los de en.ftl; al final se añaden los mensajes de los errores y las
# reglas de las contraseñas, que en inglés están en el programa.

## Around every page

skip-to-content = Saltar al contenido principal
account = Cuenta
security-link = Seguridad
questions = ¿Tiene alguna pregunta?
title-error = Error: { $value }
problem-heading = Hay un problema
not-locked = Su cuenta no está bloqueada.
wait-left = Quedan { "{seconds}" } s.
wait-over = Ya puede volver a intentarlo.
ends-soon = Su sesión se cerrará en unos minutos.
ends-soon-sign-in = Volver a iniciar sesión
ends-soon-stay = Mantener la sesión
go-home = Ir a la página de inicio
continue = Continuar
cancel = Cancelar
start-again = Empezar de nuevo
back-to-sign-in = Volver al inicio de sesión
go-to-sign-in = Iniciar sesión
show-password = Mostrar contraseña
hide-password = Ocultar contraseña
a-browser = Navegador desconocido
browser-on = { $browser } en { $system }
moment =
    { $day } de { $month ->
        [1] enero
        [2] febrero
        [3] marzo
        [4] abril
        [5] mayo
        [6] junio
        [7] julio
        [8] agosto
        [9] septiembre
        [10] octubre
        [11] noviembre
       *[12] diciembre
    } de { $year }, { $time } UTC

## Failed requests

error-title = Lo sentimos
failed-not-signed-in = Inicie sesión, por favor.
failed-no-sign-in = No hay ningún inicio de sesión que continuar. Inicie sesión de nuevo.
failed-too-large = Es más de lo que podemos leer. Envíe menos, por favor.
failed-unsupported-type = Solo leemos formularios y JSON. Empiece de nuevo, por favor.
failed-malformed = No hemos podido leer esta solicitud. Empiece de nuevo, por favor.
failed-not-found = Esta página no existe.
failed-method = Esta página no permite esa acción.
failed-cross-site = Según su navegador, esta solicitud procede de otro sitio web, o no indica su origen, por lo que no se ha realizado ninguna acción. Empiece de nuevo aquí y, si no da resultado, pruebe con un navegador más reciente.
failed-internal = Se ha producido un error en nuestro sistema. Inténtelo de nuevo.
error-email_malformed = Escriba una dirección de correo electrónico completa.
error-link_not_kept = Vuelva a abrir el enlace de su correo o solicite uno nuevo.

## Messages about the step just taken

notice-signed-out = Ha cerrado la sesión.
notice-session-ended = Vuelva a iniciar sesión. Su sesión ha terminado o el último paso ha tardado demasiado.
notice-password-changed = Su contraseña se ha cambiado y se ha cerrado la sesión en sus demás dispositivos. Le hemos enviado una confirmación por correo electrónico.
notice-confirmed = Gracias. Ya puede continuar.
notice-others-signed-out = Se ha cerrado la sesión en todos los demás sitios.
notice-device-signed-out = Se ha cerrado la sesión en el dispositivo y se ha eliminado de la lista.
notice-session-signed-out = Se ha cerrado esa sesión.
notice-app-off = La verificación en dos pasos está desactivada. Le hemos enviado una confirmación por correo electrónico.
notice-email-requested =
    { $count ->
        [one] Hemos enviado un enlace a la nueva dirección. Ábralo aquí antes de { $count } minuto.
       *[other] Hemos enviado un enlace a la nueva dirección. Ábralo aquí antes de { $count } minutos.
    }
notice-email-requested-hours =
    { $count ->
        [one] Hemos enviado un enlace a la nueva dirección. Ábralo aquí antes de { $count } hora.
       *[other] Hemos enviado un enlace a la nueva dirección. Ábralo aquí antes de { $count } horas.
    }
notice-email-changed = Su dirección de correo se ha cambiado y se ha cerrado la sesión en sus demás dispositivos. Hemos enviado un correo a ambas direcciones.

## Signing in and out

sign-in-title = Iniciar sesión
sign-in-button = Iniciar sesión
already-signed-in = Ya ha iniciado sesión. Puede volver a iniciarla o continuar:
email = Correo electrónico
password = Contraseña
keep-me-signed-in = Mantener la sesión iniciada
keep-hint =
    { $count ->
        [0] Solo en un dispositivo propio.
        [1] Solo en un dispositivo propio.
       *[other] Durante { $count } días, solo en un dispositivo propio.
    }
sign-out-title = Cerrar sesión
sign-out-button = Cerrar sesión
sign-out-question = ¿Desea cerrar la sesión en este navegador?

## The second step

second-step-title = Segundo paso
code = Código
code-hint = Escriba el código de 6 cifras de su aplicación de autenticación.
recovery-code = Código de recuperación
recovery-code-hint = Uno de los códigos que guardó al configurar su aplicación de autenticación. Cada código sirve una sola vez.
remember-browser =
    { $count ->
        [one] No pedir un código en este navegador durante { $count } día
       *[other] No pedir un código en este navegador durante { $count } días
    }
use-authenticator = Usar la aplicación de autenticación
use-recovery-code = Usar un código de recuperación

## A password of one's own

choose-password-title = Elija su contraseña
choose-password-intro = A partir de ahora iniciará sesión con esta contraseña.
new-password = Nueva contraseña
save-password = Guardar contraseña
rule-not-yet = Pendiente
rule-ok = Correcto
rules-open = Reglas pendientes: { "{count}" }.
rules-done = Se cumplen todas las reglas que pueden comprobarse ahora.

## The authenticator app

authenticator-title = Aplicación de autenticación
authenticator-intro = Una aplicación de autenticación en su teléfono muestra un código que cambia cada 30 segundos. Con ella, nadie puede entrar en su cuenta solo con su contraseña.
authenticator-set-up = Configurar
authenticator-required = Aquí es obligatorio usar una aplicación de autenticación.
authenticator-scan = Escanee este código con su aplicación de autenticación o escriba en ella la clave.
authenticator-qr = Código QR con la clave que figura debajo
authenticator-again = Escriba el código que la aplicación muestra ahora.
authenticator-code = Código de la aplicación
authenticator-new-key = Empezar de nuevo con otra clave
confirm-code = Confirmar código
copy-key = Copiar clave
copied = Copiada
recovery-codes-title = Códigos de recuperación
recovery-codes-intro = Si pierde su aplicación de autenticación, podrá iniciar sesión una vez con cada uno de estos códigos. Los códigos anteriores ya no son válidos.
recovery-codes-once = Solo se muestran ahora: anótelos o guárdelos en su gestor de contraseñas.
recovery-codes-saved = Ya los he guardado
download-codes = Descargar códigos de recuperación
recovery-codes-file = codigos-de-recuperacion.txt

## "Forgot your password?"

forgot-title = ¿Ha olvidado su contraseña?
forgot-hint = Si existe una cuenta con esta dirección, le enviaremos un correo electrónico.
forgot-check-title = Compruebe la dirección
forgot-check-question = ¿Desea restablecer la contraseña de { $value }?
forgot-reset-button = Restablecer
forgot-change-address = Cambiar la dirección
forgot-sent-title = Revise su correo
forgot-sent-1 = Si esa cuenta existe, recibirá un correo electrónico. Siga el enlace para confirmar; hasta entonces no cambiará nada.
forgot-sent-2 =
    { $count ->
        [one] Enviamos como máximo un correo por minuto. Si no llega ninguno, revise la carpeta de correo no deseado o inténtelo de nuevo pasado ese tiempo.
       *[other] Enviamos como máximo un correo cada { $count } minutos. Si no llega ninguno, revise la carpeta de correo no deseado o inténtelo de nuevo pasado ese tiempo.
    }
reset-confirm-title = Confirme el restablecimiento de su contraseña
reset-confirm-intro = Pulse «Confirmar» para recibir una contraseña temporal por correo electrónico.
reset-confirm-button = Confirmar
reset-confirm-not-you = Si no lo ha solicitado, cierre esta página. No ha cambiado nada.
reset-done-title = Revise de nuevo su correo
reset-done-1 = Le hemos enviado una contraseña temporal por correo electrónico. Sirve una sola vez, hasta el { $value }.
reset-done-2 = Su contraseña anterior seguirá siendo válida hasta que elija una nueva.
reset-password-title = Elija una contraseña nueva
reset-failed-title = Este enlace no funciona
reset-again-intro = Si no la recibe, vuelva a confirmar dentro de unos minutos.
reset-again-link = Volver a confirmar

## Opening an account

register-title = Crear una cuenta
register-hint = Le enviaremos un correo electrónico con los pasos que debe seguir.
register-check-question = ¿Desea crear una cuenta para { $value }?
register-send-button = Enviar correo
register-sent = Le hemos enviado un correo electrónico con los pasos que debe seguir. No se creará ninguna cuenta hasta que abra el enlace de ese correo.
register-confirm-title = Elija una contraseña para su cuenta
register-confirm-address = Su cuenta: { $value }
register-button = Crear cuenta
register-not-you = Si no lo ha solicitado, cierre esta página. No se ha creado ninguna cuenta.
register-failed = Si ya ha elegido su contraseña, inicie sesión con ella.

## "Confirm it's you"

confirm-title = Confirme su identidad
confirm-intro = Confirme su identidad antes de continuar.
confirm-by-code = Código de su aplicación de autenticación o un código de recuperación
confirm-by-password = Su contraseña
confirm-button = Confirmar

## "My password and security"

security-title = Mi contraseña y seguridad
current-password = Contraseña actual
change-password-button = Cambiar contraseña
change-password-hint = Se cerrará la sesión en sus demás dispositivos. Le enviaremos una confirmación por correo electrónico.
new-email = Nueva dirección de correo
new-email-hint = Le enviaremos un enlace a ella. Nada cambiará hasta que lo abra y lo confirme.
change-email-button = Cambiar la dirección de correo
two-step = Verificación en dos pasos
two-step-since = Activada. Configuró su aplicación de autenticación el { $value }.
two-step-off = Desactivada. Con una aplicación de autenticación, nadie puede entrar en su cuenta solo con su contraseña.
recovery-codes-left =
    { $count ->
        [one] Queda { $count } código de recuperación.
       *[other] Quedan { $count } códigos de recuperación.
    }
new-recovery-codes = Crear nuevos códigos de recuperación
another-app = Configurar otra aplicación
turn-off = Desactivar
set-up-authenticator = Configurar una aplicación de autenticación
sessions = Dónde ha iniciado sesión
this-session = Esta sesión
session-signed-in = Sesión iniciada el { $at }, con { $proofs }.
session-kept = La sesión se mantiene iniciada.
session-last-seen = Última actividad: { $value }.
proof-password = contraseña
proof-temporary-password = contraseña enviada por correo
proof-reset-link = enlace enviado por correo
proof-totp = código
proof-recovery-code = código de recuperación
proof-and = { " y " }
sign-out-others = Cerrar sesión en todos los demás sitios
devices = Dispositivos
devices-hint = Navegadores en los que ya ha iniciado sesión. Si ha perdido alguno o no lo reconoce, cierre aquí su sesión: también se eliminará de la lista.
this-device = Este dispositivo
device-last-used = Último inicio de sesión: { $value }.
sign-out-device = Cerrar sesión y eliminar

## What errors say, by their codes. `$unit` is `seconds` or `minutes` where waiting helps, else `none`.

error-invalid_credentials = El correo electrónico y la contraseña no coinciden
error-throttled =
    { $unit ->
        [minutes] Espere { $amount } minutos antes de volver a intentarlo.
       *[seconds]
            { $amount ->
                [0] Espere un segundo antes de volver a intentarlo.
                [1] Espere un segundo antes de volver a intentarlo. Si ha enviado el formulario dos veces, cuenta la primera.
               *[other] Espere { $amount } segundos antes de volver a intentarlo.
            }
    }
error-in_progress = { error-throttled }
error-too_many_sessions = Ha iniciado sesión en demasiados dispositivos. Cierre antes la sesión en uno de ellos.
error-challenge_invalid = Este paso ha caducado o ya se ha completado. Vuelva a iniciar sesión.
error-session_ended = Su sesión ha terminado. Vuelva a iniciar sesión.
error-password_rejected = La nueva contraseña no se ha aceptado. { $rules }
error-deletion_undone = La eliminación de esta cuenta se deshizo hace menos de un día. Espere un día o elija antes «¿Ha olvidado su contraseña?».
error-recovery_pending = Se está restableciendo la contraseña de esta cuenta. Complete antes ese proceso con la contraseña temporal de nuestro correo.
error-current_password_wrong = La contraseña actual no es correcta.
error-password_wrong = La contraseña no es correcta.
error-password_proof_needed = Confirme su identidad con su contraseña.
error-code_proof_needed = Confirme su identidad con un código de su aplicación de autenticación o un código de recuperación.
error-code_needed = Escriba también un código de su aplicación de autenticación o un código de recuperación.
error-code_malformed = El código no está completo. Escríbalo tal como aparece.
error-code_wrong = El código no es correcto o ya se ha usado. Pruebe con el siguiente. Si sigue sin funcionar, active la fecha y la hora automáticas en su teléfono.
error-not_begun = Ha tardado demasiado. Vuelva a configurar su aplicación de autenticación.
error-not_enrolled = La verificación en dos pasos no está activada.
error-required_by_policy = Aquí es obligatoria la verificación en dos pasos. Si lo desea, puede configurar otra aplicación de autenticación.
error-no_keyring = Se ha producido un error en nuestro sistema. Póngase en contacto con nosotros.
error-other_mode = { error-no_keyring }
error-link_invalid = Este enlace ya se ha usado o ha caducado. Solicite uno nuevo.
error-link_damaged = Este enlace está incompleto o ha cambiado por el camino. Copie el enlace completo del correo o solicite uno nuevo.
error-already_confirmed = Acabamos de enviarle una contraseña temporal por correo electrónico. Revise su bandeja de entrada.
error-mail_failed =
    { $unit ->
        [none] No se ha podido enviar el correo electrónico. Envíelo de nuevo.
       *[minutes] No hemos podido enviar el correo electrónico. Vuelva a usar el mismo enlace dentro de unos minutos.
    }
error-registration_off = Aquí es nuestro equipo de soporte quien crea las cuentas. Póngase en contacto con nosotros.
error-domain_not_allowed = Las direcciones de correo de este dominio no pueden tener cuenta aquí.
error-unknown_session = Esa sesión no existe.
error-unknown_device = Ese dispositivo no existe.
error-unknown_user = Esa cuenta no existe.
error-email_taken = Ya existe una cuenta con esta dirección de correo electrónico.
error-id_taken = Ya existe una cuenta con este identificador.
error-legacy_scheme = Aquí no se aceptan contraseñas de ese tipo.
error-deactivated = La cuenta está desactivada.
error-password_chosen = En esta cuenta ya se ha elegido una contraseña. Puede usarse «¿Ha olvidado su contraseña?».
error-no_password_chosen = Todavía no se ha elegido una contraseña para esta cuenta. Corrija en su lugar la dirección de la invitación.
error-same_email = La cuenta ya tiene esta dirección de correo.
error-too_many_email_changes = La dirección de correo de esta cuenta se ha cambiado varias veces en los últimos días. Inténtelo más tarde o póngase en contacto con nosotros.
error-other_account = Este enlace pertenece a una cuenta distinta de aquella en la que ha iniciado sesión. Si no lo ha solicitado, no lo utilice.
error-busy = En este momento recibimos muchas solicitudes. Inténtelo de nuevo en unos instantes.
error-backend = Se ha producido un error en nuestro sistema. Inténtelo de nuevo en unos instantes.
error-contended = { error-backend }
error-random = { error-backend }
error-out_of_memory = { error-backend }
error-closed = { error-backend }

## What the rules of the password policy say, by their codes

rule-too_short =
    { $count ->
        [one] Use al menos { $count } carácter.
       *[other] Use al menos { $count } caracteres.
    }
rule-too_long =
    { $count ->
        [one] Use como máximo { $count } carácter.
       *[other] Use como máximo { $count } caracteres.
    }
rule-needs_lowercase = Use una letra minúscula.
rule-needs_uppercase = Use una letra mayúscula.
rule-needs_digit = Use un número.
rule-needs_symbol = Use un símbolo.
rule-too_common = Elija algo menos común, sin repeticiones ni secuencias.
rule-about_the_account = No use su dirección de correo electrónico, el nombre de este servicio ni palabras parecidas.
rule-too_weak = Elija algo más difícil de adivinar.
rule-temporary = No use la contraseña temporal.
rule-reused =
    { $count ->
        [1] No use su última contraseña.
       *[other] No use ninguna de sus últimas { $count } contraseñas.
    }
rule-breached = Elija una contraseña que no haya aparecido en ninguna filtración de datos.
rule-control_character = No use saltos de línea ni otros caracteres de control.

## Another address

email-confirm-title = Confirme su nueva dirección
email-confirm-address = Su nueva dirección: { $value }
email-confirm-intro = Si confirma, a partir de ahora iniciará sesión con esta dirección. Se cerrará la sesión en sus demás dispositivos.
email-confirm-sign-in = Inicie sesión primero, todavía con su dirección actual. Después volverá a esta página.
email-signed-in-as = Ha iniciado sesión como { $value }.
email-undo-title = Recuperar su dirección anterior
email-undo-address = Su cuenta volverá a tener esta dirección: { $value }
email-undo-intro = Se cerrarán todas las sesiones y la contraseña actual dejará de funcionar. Enviaremos una contraseña temporal a esta dirección.
email-undo-button = Recuperar mi dirección
email-undo-keep = Si fue usted quien cambió la dirección, cierre esta página. No se deshará nada.
email-undo-used = Este enlace ya se ha usado o ha caducado. Si ya pulsó el botón, busque una contraseña temporal en su correo. De lo contrario, póngase en contacto con nosotros.
email-undo-not-mailed = Su cuenta vuelve a tener su dirección, pero no hemos podido enviar el correo. Dentro de unos minutos, elija «¿Ha olvidado su contraseña?» en la página de inicio de sesión.
email-undone-title = Ha recuperado su dirección
email-undone-1 = Su cuenta vuelve a tener su dirección. Se han cerrado todas las sesiones y la contraseña anterior ya no funciona.
email-undone-2 = Inicie sesión con ella y elija después una nueva contraseña.

## Leaving

leaving = Su cuenta
export-hint = Puede descargar en un archivo lo que guardamos sobre usted, o eliminar su cuenta.
export-button = Descargar mis datos
delete-title = Eliminar la cuenta
delete-address = Se trata de la cuenta de { $value }.
delete-intro = Su cuenta se cerrará de inmediato y se cerrarán todas sus sesiones.
delete-days =
    { $count ->
        [one] Se eliminará al cabo de { $count } día. Hasta entonces puede cambiar de opinión: le enviaremos un enlace por correo electrónico.
       *[other] Se eliminará al cabo de { $count } días. Hasta entonces puede cambiar de opinión: le enviaremos un enlace por correo electrónico.
    }
delete-hours =
    { $count ->
        [one] Se eliminará al cabo de { $count } hora. Hasta entonces puede cambiar de opinión: le enviaremos un enlace por correo electrónico.
       *[other] Se eliminará al cabo de { $count } horas. Hasta entonces puede cambiar de opinión: le enviaremos un enlace por correo electrónico.
    }
delete-at-once = Se eliminará de inmediato. No se puede deshacer.
delete-moved = Si la dirección se cambió hace poco, la cuenta no se eliminará hasta que ese cambio ya no se pueda deshacer.
delete-button = Eliminar mi cuenta
delete-keep = Conservar mi cuenta
deleted-title = Su cuenta está cerrada
deleted-until = Su cuenta se eliminará el { $value }. Se han cerrado todas sus sesiones.
deleted-mailed = Si cambia de opinión antes, abra el enlace del correo que le hemos enviado.
deleted-not-mailed = No hemos podido enviarle el correo correspondiente. Si quiere conservar su cuenta, póngase en contacto con nosotros.
deleted-gone-title = Su cuenta se ha eliminado
deleted-gone = Su cuenta ya no existe y se han cerrado todas sus sesiones.
undo-deletion-title = Conservar su cuenta
undo-deletion-until = Su cuenta está cerrada y se eliminará el { $value }. Hasta entonces puede deshacerlo aquí.
undo-deletion-intro = Su cuenta quedará como antes. Inicie sesión con su contraseña, como siempre.
undo-deletion-button = Conservar mi cuenta
undo-deletion-leave = Si aún quiere eliminar la cuenta, cierre esta página. No cambiará nada.
undo-deletion-used = Este enlace ya se ha usado o ha caducado. Si su cuenta aún existe, puede iniciar sesión. De lo contrario, póngase en contacto con nosotros.
undo-deletion-damaged = Este enlace está incompleto o ha cambiado por el camino. Copie el enlace completo del correo.
undo-deletion-not-kept = Vuelva a abrir el enlace de su correo.
undone-deletion-title = Su cuenta se conserva
undone-deletion = Su cuenta está como antes. Inicie sesión con su contraseña, como siempre. Le hemos enviado una confirmación por correo electrónico.

## Newcomers

welcome-your-password = Su contraseña
welcome-step = Paso { $current } de { $count }
all-set-title = Todo listo
all-set-text = A partir de ahora, inicie sesión con su correo electrónico y su propia contraseña.

## Recent activity

activity-title = Actividad reciente
activity-none = Todavía nada.
activity-unavailable = En este momento no se puede mostrar todo.
activity-times = { $value }, { $times } veces
activity-created = Cuenta creada
activity-first-password = Nueva primera contraseña enviada por correo
activity-address-corrected = Dirección de correo corregida por nuestro equipo de soporte
activity-address-requested = Cambio de dirección de correo solicitado
activity-address-changed = Dirección de correo cambiada
activity-address-restored = Cambio de dirección de correo deshecho desde la dirección anterior
activity-address-changed-by-support = Dirección de correo cambiada por nuestro equipo de soporte
activity-signed-in = Inicio de sesión
activity-sign-in-failed = Inicio de sesión fallido
activity-code-wrong = Código incorrecto
activity-many-wrong-codes = Muchos códigos incorrectos
activity-authenticator-on = Aplicación de autenticación configurada
activity-authenticator-off = Aplicación de autenticación desactivada
activity-authenticator-removed = Aplicación de autenticación retirada por nuestro equipo de soporte
activity-recovery-codes = Nuevos códigos de recuperación creados
activity-confirmed = Identidad confirmada
activity-not-confirmed = No se pudo confirmar la identidad
activity-password-changed = Contraseña cambiada
activity-password-not-changed = No se cambió la contraseña: la actual era incorrecta
activity-reset-requested = Restablecimiento de contraseña solicitado
activity-reset-confirmed = Restablecimiento de contraseña confirmado
activity-reset-completed = Contraseña restablecida
activity-reset-cancelled = Restablecimiento de contraseña cancelado
activity-device-added = Nuevo navegador recordado
activity-device-signed-out = Navegador desconectado y olvidado
activity-signed-out = Sesión cerrada
activity-session-ended = Sesión de un navegador cerrada desde otro
activity-signed-out-everywhere = Sesión cerrada en todos los demás navegadores
activity-exported = Se creó una copia de los datos de la cuenta
activity-deletion-requested = Se solicitó la eliminación de la cuenta
activity-deletion-undone = Se canceló la eliminación de la cuenta
activity-deactivated = Cuenta desactivada
activity-reactivated = Cuenta reactivada
activity-change-required = Nueva contraseña exigida por nuestro equipo de soporte
activity-password-invalidated = Contraseña invalidada por nuestro equipo de soporte
activity-throttled = Un intento llegó demasiado pronto y no se comprobó

## Accounts, for operators

accounts-title = Cuentas
accounts-find = Buscar una cuenta por su dirección
accounts-find-button = Buscar
accounts-active = Cuentas activas
accounts-deactivated = Cuentas desactivadas
accounts-none = No hay ninguna.
accounts-more = Mostrar más
accounts-back = Todas las cuentas
error-account_unknown = No hay ninguna cuenta con esta dirección.
error-own_account = Pida a otra persona del equipo que lo haga con su propia cuenta.
error-reason_missing = Indique cómo comprobó la identidad de la persona.
provision-title = Crear una cuenta
provision-hint = Generamos una primera contraseña y la enviamos por correo. Aquí nadie la elige ni la ve.
provision-button = Crear la cuenta
account-title = Cuenta
account-active = Activa
account-deactivated = Desactivada
account-deletion = Su titular ha solicitado la eliminación. La cuenta se eliminará el { $value }. Si la reactiva, la eliminación se cancela; si la desactiva, la cuenta se conserva cerrada.
account-undeliverable = Los correos no llegan
account-created = Creada el { $value }.
account-signed-in = Último inicio de sesión: { $value }.
account-never = Nunca ha iniciado sesión.
account-sessions = Sesiones
account-no-sessions = Ninguna sesión iniciada.
account-signs = En los últimos siete días: hasta { $devices } dispositivos en una hora y { $places } lugares a la vez; { $hours } horas con tres lugares alternados, en { $days } días. Muchas horas así en varios días indican que varias personas comparten la cuenta.
account-journal = Registro
account-by-operator = por el equipo
account-reason = Cómo comprobó la identidad de la persona
account-resend = Enviar una nueva primera contraseña
account-resend-text = La primera contraseña enviada antes dejará de funcionar.
account-start-reset = Enviar un enlace de restablecimiento
account-start-reset-text = La persona recibirá el mismo correo que tras «¿Olvidó su contraseña?», como máximo uno cada pocos minutos.
account-change-email = Cambiar la dirección
account-change-email-text = Solo después de comprobar, por un medio distinto del correo, quién lo pide: quien lea el nuevo buzón puede restablecer la contraseña. Se cierran todas las sesiones y se avisa a ambas direcciones. Si aún no se ha elegido una contraseña, se envía una nueva primera contraseña a la nueva dirección.
account-require-change = Exigir una nueva contraseña
account-require-change-text = El próximo inicio de sesión pedirá una nueva contraseña. Todas las sesiones se cierran ahora y se envía un correo.
account-mark-compromised = Invalidar la contraseña
account-mark-compromised-text = Para una contraseña que otros conocen: deja de funcionar y se cierran todas las sesiones. Se envía un correo, y la persona elige una nueva con «¿Olvidó su contraseña?».
account-sign-out = Cerrar todas las sesiones
account-sign-out-text = Todas las sesiones de esta cuenta se cierran ahora. La contraseña no cambia.
account-reset-factor = Retirar la aplicación de autenticación
account-reset-factor-text = Solo si está seguro de quién lo pide: después bastará con la contraseña. Se cierran todas las sesiones y se envía un correo.
account-deactivate = Desactivar
account-deactivate-text = Todas las sesiones se cierran ahora. Iniciar sesión falla como con una contraseña incorrecta y no se envían correos hasta que la cuenta se reactive.
account-reactivate = Reactivar
account-reactivate-text = La persona podrá iniciar sesión de nuevo con la misma contraseña.
notice-account-provisioned = Cuenta creada. La primera contraseña se ha enviado por correo.
notice-welcome-not-mailed = La cuenta se ha creado, pero no se pudo enviar la primera contraseña. Envíela de nuevo desde aquí.
notice-welcome-resent = Se ha enviado una nueva primera contraseña.
notice-reset-started = Un enlace de restablecimiento está en camino, salvo que se haya enviado uno en los últimos minutos.
notice-account-email-changed = La dirección se ha cambiado y se han cerrado todas las sesiones.
notice-change-required = El próximo inicio de sesión pedirá una nueva contraseña.
notice-marked-compromised = La contraseña ya no funciona.
notice-account-signed-out = Se han cerrado todas las sesiones.
notice-second-factor-reset = Se ha retirado la aplicación de autenticación. Hemos enviado un correo a la persona.
notice-account-deactivated = La cuenta está desactivada.
notice-account-reactivated = La cuenta está activa de nuevo.
