# Alle Texte der Seiten auf Deutsch. Die Namen sind dieselben wie in en.ftl; dazu kommen am Ende die Meldungen der Fehler und die
# Regeln für Passwörter, die auf Englisch im Programm stehen.

## Around every page

skip-to-content = Zum Inhalt springen
account = Konto
security-link = Sicherheit
questions = Fragen?
title-error = Fehler: { $value }
problem-heading = Es gibt ein Problem
not-locked = Ihr Konto ist nicht gesperrt.
wait-left = Noch { "{seconds}" } s.
wait-over = Sie können es jetzt noch einmal versuchen.
ends-soon = Sie werden in wenigen Minuten abgemeldet.
ends-soon-sign-in = Neu anmelden
ends-soon-stay = Angemeldet bleiben
go-home = Zur Startseite
continue = Weiter
cancel = Abbrechen
start-again = Neu beginnen
back-to-sign-in = Zurück zur Anmeldung
go-to-sign-in = Zur Anmeldung
show-password = Passwort anzeigen
hide-password = Passwort verbergen
a-browser = Unbekannter Browser
browser-on = { $browser } auf { $system }
moment =
    { $day }. { $month ->
        [1] Januar
        [2] Februar
        [3] März
        [4] April
        [5] Mai
        [6] Juni
        [7] Juli
        [8] August
        [9] September
        [10] Oktober
        [11] November
       *[12] Dezember
    } { $year }, { $time } UTC

## Failed requests

error-title = Entschuldigung
failed-not-signed-in = Bitte melden Sie sich an.
failed-no-sign-in = Hier ist keine Anmeldung im Gange. Bitte melden Sie sich erneut an.
failed-too-large = Das ist mehr, als wir lesen können. Bitte senden Sie weniger.
failed-unsupported-type = Wir lesen nur Formulare und JSON. Bitte beginnen Sie noch einmal.
failed-malformed = Diese Anfrage konnten wir nicht lesen. Bitte beginnen Sie noch einmal.
failed-not-found = Diese Seite gibt es nicht.
failed-method = Das ist auf dieser Seite nicht möglich.
failed-cross-site = Laut Ihrem Browser kam diese Anfrage von einer anderen Website, oder er nennt ihre Herkunft nicht. Deshalb wurde nichts ausgeführt. Bitte beginnen Sie hier noch einmal. Wenn das nicht hilft, verwenden Sie einen neueren Browser.
failed-internal = Bei uns ist ein Fehler aufgetreten. Bitte versuchen Sie es noch einmal.
error-email_malformed = Bitte geben Sie eine vollständige E-Mail-Adresse ein.
error-link_not_kept = Bitte öffnen Sie den Link in Ihrer E-Mail noch einmal, oder fordern Sie einen neuen an.

## Messages about the step just taken

notice-signed-out = Sie sind abgemeldet.
notice-session-ended = Bitte melden Sie sich noch einmal an. Ihre Sitzung ist abgelaufen, oder der letzte Schritt hat zu lange gedauert.
notice-password-changed = Ihr Passwort wurde geändert. Ihre anderen Geräte wurden abgemeldet. Wir haben Ihnen eine Bestätigung per E-Mail geschickt.
notice-confirmed = Vielen Dank. Sie können jetzt fortfahren.
notice-others-signed-out = Sie sind überall sonst abgemeldet.
notice-device-signed-out = Das Gerät wurde abgemeldet und entfernt.
notice-session-signed-out = Die Sitzung wurde beendet.
notice-app-off = Die Anmeldung in zwei Schritten ist ausgeschaltet. Wir haben Ihnen eine Bestätigung per E-Mail geschickt.
notice-email-requested =
    { $count ->
        [one] Wir haben einen Link an die neue Adresse gesendet. Öffnen Sie ihn hier innerhalb von { $count } Minute.
       *[other] Wir haben einen Link an die neue Adresse gesendet. Öffnen Sie ihn hier innerhalb von { $count } Minuten.
    }
notice-email-requested-hours =
    { $count ->
        [one] Wir haben einen Link an die neue Adresse gesendet. Öffnen Sie ihn hier innerhalb von { $count } Stunde.
       *[other] Wir haben einen Link an die neue Adresse gesendet. Öffnen Sie ihn hier innerhalb von { $count } Stunden.
    }
notice-email-changed = Ihre E-Mail-Adresse wurde geändert. Ihre anderen Geräte wurden abgemeldet. Wir haben an beide Adressen eine E-Mail gesendet.

## Signing in and out

sign-in-title = Anmelden
sign-in-button = Anmelden
already-signed-in = Sie sind bereits angemeldet. Sie können sich neu anmelden oder fortfahren:
email = E-Mail-Adresse
password = Passwort
keep-me-signed-in = Angemeldet bleiben
keep-hint =
    { $count ->
        [0] Nur auf einem eigenen Gerät.
        [1] Nur auf einem eigenen Gerät.
       *[other] Für { $count } Tage, nur auf einem eigenen Gerät.
    }
sign-out-title = Abmelden
sign-out-button = Abmelden
sign-out-question = Möchten Sie sich in diesem Browser abmelden?

## The second step

second-step-title = Zweiter Schritt
code = Code
code-hint = Geben Sie den 6-stelligen Code aus Ihrer Authenticator-App ein.
recovery-code = Wiederherstellungscode
recovery-code-hint = Einer der Codes, die Sie beim Einrichten Ihrer Authenticator-App gespeichert haben. Jeder gilt nur einmal.
remember-browser =
    { $count ->
        [one] In diesem Browser { $count } Tag lang nicht nach einem Code fragen
       *[other] In diesem Browser { $count } Tage lang nicht nach einem Code fragen
    }
use-authenticator = Authenticator-App verwenden
use-recovery-code = Wiederherstellungscode verwenden

## A password of one's own

choose-password-title = Wählen Sie Ihr Passwort
choose-password-intro = Mit diesem Passwort melden Sie sich künftig an.
new-password = Neues Passwort
save-password = Passwort speichern
rule-not-yet = Noch nicht erfüllt
rule-ok = OK
rules-open = Noch nicht erfüllte Regeln: { "{count}" }.
rules-done = Alle Regeln, die sich jetzt prüfen lassen, sind erfüllt.

## The authenticator app

authenticator-title = Authenticator-App
authenticator-intro = Eine Authenticator-App auf Ihrem Smartphone zeigt einen Code an, der alle 30 Sekunden wechselt. Damit kommt niemand allein mit Ihrem Passwort in Ihr Konto.
authenticator-set-up = Einrichten
authenticator-required = Hier ist eine Authenticator-App erforderlich.
authenticator-scan = Scannen Sie diesen Code mit Ihrer Authenticator-App, oder geben Sie den Schlüssel ein.
authenticator-qr = QR-Code mit dem Schlüssel, der darunter steht
authenticator-again = Geben Sie den Code ein, den die App jetzt anzeigt.
authenticator-code = Code aus der App
authenticator-new-key = Mit neuem Schlüssel noch einmal beginnen
confirm-code = Code bestätigen
copy-key = Schlüssel kopieren
copied = Kopiert
recovery-codes-title = Wiederherstellungscodes
recovery-codes-intro = Falls Sie Ihre Authenticator-App verlieren, können Sie sich mit jedem dieser Codes einmal anmelden. Ihre bisherigen Codes sind ungültig.
recovery-codes-once = Die Codes werden nur jetzt angezeigt: Schreiben Sie sie auf, oder speichern Sie sie in Ihrem Passwort-Manager.
recovery-codes-saved = Ich habe die Codes gespeichert
download-codes = Wiederherstellungscodes herunterladen
recovery-codes-file = wiederherstellungscodes.txt

## "Forgot your password?"

forgot-title = Passwort vergessen?
forgot-hint = Wenn es zu dieser Adresse ein Konto gibt, schicken wir Ihnen eine E-Mail.
forgot-check-title = Adresse prüfen
forgot-check-question = Möchten Sie das Passwort für { $value } zurücksetzen?
forgot-reset-button = Zurücksetzen
forgot-change-address = Adresse ändern
forgot-sent-title = Prüfen Sie Ihr Postfach
forgot-sent-1 = Wenn es dieses Konto gibt, ist eine E-Mail unterwegs. Bestätigen Sie über den Link darin; bis dahin ändert sich nichts.
forgot-sent-2 =
    { $count ->
        [one] Wir senden höchstens eine E-Mail pro Minute. Wenn keine ankommt, sehen Sie im Spam-Ordner nach, oder versuchen Sie es dann noch einmal.
       *[other] Wir senden höchstens alle { $count } Minuten eine E-Mail. Wenn keine ankommt, sehen Sie im Spam-Ordner nach, oder versuchen Sie es dann noch einmal.
    }
reset-confirm-title = Zurücksetzen des Passworts bestätigen
reset-confirm-intro = Wählen Sie „Bestätigen“, um ein temporäres Passwort per E-Mail zu erhalten.
reset-confirm-button = Bestätigen
reset-confirm-not-you = Wenn Sie das nicht angefordert haben, schließen Sie diese Seite. Es hat sich nichts geändert.
reset-done-title = Prüfen Sie noch einmal Ihr Postfach
reset-done-1 = Wir haben Ihnen ein temporäres Passwort per E-Mail geschickt. Es gilt für eine einzige Anmeldung, bis zum { $value }.
reset-done-2 = Ihr altes Passwort bleibt gültig, bis Sie ein neues wählen.
reset-password-title = Wählen Sie ein neues Passwort
reset-failed-title = Dieser Link funktioniert nicht
reset-again-intro = Wenn die E-Mail nicht ankommt, bestätigen Sie in einigen Minuten noch einmal.
reset-again-link = Noch einmal bestätigen

## Opening an account

register-title = Konto erstellen
register-hint = Wir schicken Ihnen eine E-Mail, in der steht, wie es weitergeht.
register-check-question = Möchten Sie ein Konto für { $value } erstellen?
register-send-button = E-Mail senden
register-sent = Wir haben Ihnen eine E-Mail geschickt, in der steht, wie es weitergeht. Ein neues Konto entsteht erst, wenn Sie dem Link darin folgen.
register-confirm-title = Wählen Sie ein Passwort für Ihr Konto
register-confirm-address = Ihr Konto: { $value }
register-button = Konto erstellen
register-not-you = Wenn Sie das nicht angefordert haben, schließen Sie diese Seite. Es wurde kein Konto erstellt.
register-failed = Wenn Sie Ihr Passwort bereits gewählt haben, melden Sie sich damit an.

## "Confirm it's you"

confirm-title = Bestätigen Sie Ihre Identität
confirm-intro = Bitte bestätigen Sie Ihre Identität, bevor Sie fortfahren.
confirm-by-code = Code aus Ihrer Authenticator-App oder ein Wiederherstellungscode
confirm-by-password = Ihr Passwort
confirm-button = Bestätigen

## "My password and security"

security-title = Mein Passwort und Sicherheit
current-password = Aktuelles Passwort
change-password-button = Passwort ändern
change-password-hint = Ihre anderen Geräte werden dabei abgemeldet. Wir schicken Ihnen eine Bestätigung per E-Mail.
new-email = Neue E-Mail-Adresse
new-email-hint = Wir senden einen Link dorthin. Es ändert sich nichts, bis Sie ihn öffnen und bestätigen.
change-email-button = E-Mail-Adresse ändern
two-step = Anmeldung in zwei Schritten
two-step-since = Eingeschaltet. Ihre Authenticator-App wurde am { $value } eingerichtet.
two-step-off = Ausgeschaltet. Mit einer Authenticator-App kommt niemand allein mit Ihrem Passwort in Ihr Konto.
recovery-codes-left =
    { $count ->
        [one] { $count } Wiederherstellungscode ist noch übrig.
       *[other] { $count } Wiederherstellungscodes sind noch übrig.
    }
new-recovery-codes = Neue Wiederherstellungscodes erstellen
another-app = Andere App einrichten
turn-off = Ausschalten
set-up-authenticator = Authenticator-App einrichten
sessions = Wo Sie angemeldet sind
this-session = Diese Sitzung
session-signed-in = Angemeldet am { $at }, mit { $proofs }.
session-kept = Bleibt angemeldet.
session-last-seen = Zuletzt aktiv am { $value }.
proof-password = Passwort
proof-temporary-password = Passwort aus einer E-Mail
proof-reset-link = Link aus einer E-Mail
proof-totp = Code
proof-recovery-code = Wiederherstellungscode
proof-and = { " und " }
sign-out-others = Überall sonst abmelden
devices = Geräte
devices-hint = Browser, in denen Sie sich schon einmal angemeldet haben. Wenn Sie ein Gerät verloren haben oder nicht kennen, melden Sie es hier ab: Dann wird es auch entfernt.
this-device = Dieses Gerät
device-last-used = Letzte Anmeldung am { $value }.
sign-out-device = Abmelden und entfernen

## What errors say, by their codes. `$unit` is `seconds` or `minutes` where waiting helps, else `none`.

error-invalid_credentials = E-Mail-Adresse und Passwort stimmen nicht überein
error-throttled =
    { $unit ->
        [minutes] Bitte warten Sie { $amount } Minuten, bevor Sie es noch einmal versuchen.
       *[seconds]
            { $amount ->
                [0] Bitte warten Sie eine Sekunde, bevor Sie es noch einmal versuchen.
                [1] Bitte warten Sie eine Sekunde, bevor Sie es noch einmal versuchen. Falls Sie das Formular zweimal abgeschickt haben, zählt das erste Mal.
               *[other] Bitte warten Sie { $amount } Sekunden, bevor Sie es noch einmal versuchen.
            }
    }
error-in_progress = { error-throttled }
error-too_many_sessions = Sie sind auf zu vielen Geräten angemeldet. Bitte melden Sie sich zuerst auf einem davon ab.
error-challenge_invalid = Dieser Schritt ist abgelaufen oder wurde bereits abgeschlossen. Bitte melden Sie sich noch einmal an.
error-session_ended = Ihre Sitzung ist abgelaufen. Bitte melden Sie sich noch einmal an.
error-password_rejected = Das neue Passwort wurde nicht angenommen. { $rules }
error-deletion_undone = Die Löschung dieses Kontos wurde vor weniger als einem Tag rückgängig gemacht. Bitte warten Sie einen Tag, oder wählen Sie zuerst „Passwort vergessen?“.
error-recovery_pending = Für dieses Konto wird gerade das Passwort zurückgesetzt. Bitte schließen Sie das zuerst mit dem temporären Passwort aus unserer E-Mail ab.
error-current_password_wrong = Das aktuelle Passwort ist nicht richtig.
error-password_wrong = Das Passwort ist nicht richtig.
error-password_proof_needed = Bitte bestätigen Sie Ihre Identität mit Ihrem Passwort.
error-code_proof_needed = Bitte bestätigen Sie Ihre Identität mit einem Code aus Ihrer Authenticator-App oder einem Wiederherstellungscode.
error-code_needed = Bitte geben Sie auch einen Code aus Ihrer Authenticator-App oder einen Wiederherstellungscode ein.
error-code_malformed = Das ist kein vollständiger Code. Bitte geben Sie ihn so ein, wie er angezeigt wird.
error-code_wrong = Dieser Code ist nicht richtig oder wurde bereits verwendet. Bitte versuchen Sie es mit dem nächsten. Wenn das wiederholt nicht klappt, lassen Sie Ihr Smartphone Datum und Uhrzeit automatisch einstellen.
error-not_begun = Das hat zu lange gedauert. Bitte richten Sie Ihre Authenticator-App noch einmal ein.
error-not_enrolled = Die Anmeldung in zwei Schritten ist nicht eingeschaltet.
error-required_by_policy = Die Anmeldung in zwei Schritten ist hier erforderlich. Sie können stattdessen eine andere Authenticator-App einrichten.
error-no_keyring = Bei uns ist ein Fehler aufgetreten. Bitte wenden Sie sich an uns.
error-other_mode = { error-no_keyring }
error-link_invalid = Dieser Link wurde bereits verwendet oder ist abgelaufen. Bitte fordern Sie einen neuen an.
error-link_damaged = Dieser Link ist unvollständig oder wurde unterwegs verändert. Bitte kopieren Sie den ganzen Link aus der E-Mail, oder fordern Sie einen neuen an.
error-already_confirmed = Wir haben Ihnen gerade ein temporäres Passwort per E-Mail geschickt. Bitte sehen Sie in Ihrem Postfach nach.
error-mail_failed =
    { $unit ->
        [none] Die E-Mail konnte nicht gesendet werden. Bitte senden Sie sie noch einmal.
       *[minutes] Wir konnten die E-Mail nicht senden. Bitte verwenden Sie denselben Link in einigen Minuten noch einmal.
    }
error-registration_off = Konten eröffnet hier unser Support. Bitte wenden Sie sich an uns.
error-domain_not_allowed = E-Mail-Adressen dieser Domain können hier kein Konto erhalten.
error-unknown_session = Diese Sitzung gibt es nicht.
error-unknown_device = Dieses Gerät gibt es nicht.
error-unknown_user = Dieses Konto gibt es nicht.
error-email_taken = Zu dieser E-Mail-Adresse gibt es bereits ein Konto.
error-id_taken = Zu dieser Kennung gibt es bereits ein Konto.
error-legacy_scheme = Passwörter dieser Art werden hier nicht angenommen.
error-deactivated = Das Konto ist deaktiviert.
error-password_chosen = Für dieses Konto wurde bereits ein Passwort gewählt. Hier hilft „Passwort vergessen?“.
error-no_password_chosen = Für dieses Konto wurde noch kein Passwort gewählt. Bitte berichtigen Sie stattdessen die Adresse der Einladung.
error-same_email = Das Konto hat diese E-Mail-Adresse bereits.
error-too_many_email_changes = Die E-Mail-Adresse dieses Kontos wurde in den letzten Tagen mehrmals geändert. Bitte versuchen Sie es später noch einmal, oder wenden Sie sich an uns.
error-other_account = Dieser Link gehört zu einem anderen Konto als dem, bei dem Sie angemeldet sind. Wenn Sie ihn nicht angefordert haben, verwenden Sie ihn bitte nicht.
error-busy = Zurzeit sind sehr viele Anfragen in Arbeit. Bitte versuchen Sie es gleich noch einmal.
error-backend = Bei uns ist ein Fehler aufgetreten. Bitte versuchen Sie es gleich noch einmal.
error-contended = { error-backend }
error-random = { error-backend }
error-out_of_memory = { error-backend }
error-closed = { error-backend }

## What the rules of the password policy say, by their codes

rule-too_short = Verwenden Sie mindestens { $count } Zeichen.
rule-too_long = Verwenden Sie höchstens { $count } Zeichen.
rule-needs_lowercase = Verwenden Sie einen Kleinbuchstaben.
rule-needs_uppercase = Verwenden Sie einen Großbuchstaben.
rule-needs_digit = Verwenden Sie eine Ziffer.
rule-needs_symbol = Verwenden Sie ein Sonderzeichen.
rule-too_common = Wählen Sie etwas weniger Gebräuchliches, ohne Wiederholungen oder Zeichenfolgen wie „1234“.
rule-about_the_account = Verwenden Sie nicht Ihre E-Mail-Adresse, den Namen dieses Dienstes oder ähnliche Wörter.
rule-too_weak = Wählen Sie etwas, das schwerer zu erraten ist.
rule-temporary = Verwenden Sie nicht das temporäre Passwort.
rule-reused =
    { $count ->
        [1] Verwenden Sie nicht Ihr letztes Passwort.
       *[other] Verwenden Sie keines Ihrer letzten { $count } Passwörter.
    }
rule-breached = Wählen Sie ein Passwort, das in keinem Datenleck aufgetaucht ist.
rule-control_character = Verwenden Sie keine Zeilenumbrüche und keine anderen Steuerzeichen.

## Another address

email-confirm-title = Neue Adresse bestätigen
email-confirm-address = Ihre neue Adresse: { $value }
email-confirm-intro = Wenn Sie bestätigen, melden Sie sich von nun an mit dieser Adresse an. Ihre anderen Geräte werden abgemeldet.
email-confirm-sign-in = Bitte melden Sie sich zuerst an, noch mit Ihrer bisherigen Adresse. Danach kommen Sie hierher zurück.
email-signed-in-as = Sie sind angemeldet als { $value }.
email-undo-title = Frühere Adresse wiederherstellen
email-undo-address = Ihr Konto erhält wieder diese Adresse: { $value }
email-undo-intro = Alle Geräte werden abgemeldet, und das jetzige Passwort funktioniert nicht mehr. Wir senden ein temporäres Passwort an diese Adresse.
email-undo-button = Adresse wiederherstellen
email-undo-keep = Wenn Sie die Adresse selbst geändert haben, schließen Sie diese Seite. Es wird nichts rückgängig gemacht.
email-undo-used = Dieser Link wurde bereits verwendet oder ist abgelaufen. Wenn Sie schon auf die Schaltfläche gedrückt haben, finden Sie ein temporäres Passwort in Ihrem Postfach. Andernfalls wenden Sie sich bitte an uns.
email-undo-not-mailed = Ihr Konto hat wieder Ihre Adresse, aber wir konnten die E-Mail nicht senden. Bitte wählen Sie in einigen Minuten auf der Anmeldeseite „Passwort vergessen?“.
email-undone-title = Ihre Adresse ist wiederhergestellt
email-undone-1 = Ihr Konto hat wieder Ihre Adresse. Alle Geräte wurden abgemeldet, und das bisherige Passwort funktioniert nicht mehr.
email-undone-2 = Melden Sie sich damit an, und wählen Sie dann ein neues Passwort.

## Leaving

leaving = Ihr Konto
export-hint = Sie können alles, was wir über Sie speichern, als Datei herunterladen oder Ihr Konto löschen.
export-button = Daten herunterladen
delete-title = Konto löschen
delete-address = Es geht um das Konto von { $value }.
delete-intro = Ihr Konto wird sofort geschlossen, und Sie werden überall abgemeldet.
delete-days =
    { $count ->
        [one] Nach { $count } Tag wird es gelöscht. Bis dahin können Sie es sich anders überlegen: Wir senden Ihnen dafür einen Link per E-Mail.
       *[other] Nach { $count } Tagen wird es gelöscht. Bis dahin können Sie es sich anders überlegen: Wir senden Ihnen dafür einen Link per E-Mail.
    }
delete-hours =
    { $count ->
        [one] Nach { $count } Stunde wird es gelöscht. Bis dahin können Sie es sich anders überlegen: Wir senden Ihnen dafür einen Link per E-Mail.
       *[other] Nach { $count } Stunden wird es gelöscht. Bis dahin können Sie es sich anders überlegen: Wir senden Ihnen dafür einen Link per E-Mail.
    }
delete-at-once = Es wird sofort gelöscht. Das lässt sich nicht rückgängig machen.
delete-moved = Wurde die Adresse kürzlich geändert, wird das Konto erst gelöscht, wenn sich diese Änderung nicht mehr rückgängig machen lässt.
delete-button = Mein Konto löschen
delete-keep = Konto behalten
deleted-title = Ihr Konto ist geschlossen
deleted-until = Ihr Konto wird am { $value } gelöscht. Sie wurden überall abgemeldet.
deleted-mailed = Wenn Sie es sich vorher anders überlegen, öffnen Sie den Link in der E-Mail, die wir Ihnen gesendet haben.
deleted-not-mailed = Wir konnten Ihnen die E-Mail dazu nicht senden. Wenn Sie Ihr Konto behalten möchten, wenden Sie sich bitte an uns.
deleted-gone-title = Ihr Konto ist gelöscht
deleted-gone = Ihr Konto gibt es nicht mehr, und Sie wurden überall abgemeldet.
undo-deletion-title = Konto behalten
undo-deletion-until = Ihr Konto ist geschlossen und wird am { $value } gelöscht. Bis dahin können Sie das hier rückgängig machen.
undo-deletion-intro = Ihr Konto ist danach wie zuvor. Melden Sie sich wie gewohnt mit Ihrem Passwort an.
undo-deletion-button = Mein Konto behalten
undo-deletion-leave = Wenn es bei der Löschung bleiben soll, schließen Sie diese Seite. Es ändert sich nichts.
undo-deletion-used = Dieser Link wurde bereits verwendet oder ist abgelaufen. Wenn es Ihr Konto noch gibt, können Sie sich anmelden. Andernfalls wenden Sie sich bitte an uns.
undo-deletion-damaged = Dieser Link ist unvollständig oder wurde unterwegs verändert. Bitte kopieren Sie den ganzen Link aus der E-Mail.
undo-deletion-not-kept = Bitte öffnen Sie den Link in Ihrer E-Mail noch einmal.
undone-deletion-title = Ihr Konto bleibt bestehen
undone-deletion = Ihr Konto ist wie zuvor. Melden Sie sich wie gewohnt mit Ihrem Passwort an. Wir haben Ihnen eine Bestätigung per E-Mail gesendet.

## Newcomers

welcome-your-password = Ihr Passwort
welcome-step = Schritt { $current } von { $count }
all-set-title = Alles eingerichtet
all-set-text = Melden Sie sich von jetzt an mit Ihrer E-Mail-Adresse und Ihrem eigenen Passwort an.

## Recent activity

activity-title = Letzte Aktivitäten
activity-none = Noch nichts.
activity-unavailable = Im Moment kann nicht alles angezeigt werden.
activity-times = { $value }, { $times }-mal
activity-created = Konto angelegt
activity-first-password = Neues erstes Passwort per E-Mail gesendet
activity-address-corrected = E-Mail-Adresse von unserem Support berichtigt
activity-address-requested = Änderung der E-Mail-Adresse angefordert
activity-address-changed = E-Mail-Adresse geändert
activity-address-restored = Änderung der E-Mail-Adresse von der früheren Adresse aus rückgängig gemacht
activity-address-changed-by-support = E-Mail-Adresse von unserem Support geändert
activity-signed-in = Angemeldet
activity-sign-in-failed = Anmeldung fehlgeschlagen
activity-code-wrong = Falscher Code
activity-many-wrong-codes = Viele falsche Codes
activity-authenticator-on = Authenticator-App eingerichtet
activity-authenticator-off = Authenticator-App ausgeschaltet
activity-authenticator-removed = Authenticator-App von unserem Support entfernt
activity-recovery-codes = Neue Wiederherstellungscodes erstellt
activity-confirmed = Identität bestätigt
activity-not-confirmed = Identität nicht bestätigt
activity-password-changed = Passwort geändert
activity-password-not-changed = Passwort nicht geändert: aktuelles Passwort falsch
activity-reset-requested = Zurücksetzen des Passworts angefordert
activity-reset-confirmed = Zurücksetzen des Passworts bestätigt
activity-reset-completed = Passwort zurückgesetzt
activity-reset-cancelled = Zurücksetzen des Passworts abgebrochen
activity-device-added = Neuer Browser gemerkt
activity-device-signed-out = Browser abgemeldet und vergessen
activity-signed-out = Abgemeldet
activity-session-ended = Ein Browser von einem anderen aus abgemeldet
activity-signed-out-everywhere = Alle anderen Browser abgemeldet
activity-exported = Kopie der Kontodaten erstellt
activity-deletion-requested = Löschung des Kontos beantragt
activity-deletion-undone = Löschung des Kontos rückgängig gemacht
activity-deactivated = Konto deaktiviert
activity-reactivated = Konto wieder aktiviert
activity-change-required = Neues Passwort von unserem Support verlangt
activity-password-invalidated = Passwort von unserem Support für ungültig erklärt
activity-throttled = Anmeldeversuch kam zu früh und wurde nicht geprüft

## Accounts, for operators

accounts-title = Konten
accounts-find = Konto über seine Adresse suchen
accounts-find-button = Suchen
accounts-active = Aktive Konten
accounts-deactivated = Deaktivierte Konten
accounts-none = Es gibt keine.
accounts-more = Mehr anzeigen
accounts-back = Alle Konten
error-account_unknown = Es gibt kein Konto mit dieser Adresse.
error-own_account = Bitte lassen Sie das bei Ihrem eigenen Konto von jemand anderem mit Verwaltungsrechten erledigen.
error-reason_missing = Bitte geben Sie an, wie Sie die Identität geprüft haben.
provision-title = Konto anlegen
provision-hint = Wir erzeugen ein erstes Passwort und senden es per E-Mail. Niemand hier wählt oder sieht es.
provision-button = Konto anlegen
account-title = Konto
account-active = Aktiv
account-deactivated = Deaktiviert
account-deletion = Die Inhaberin oder der Inhaber hat die Löschung beantragt. Das Konto wird am { $value } gelöscht. Wenn Sie es wieder aktivieren, wird die Löschung aufgehoben; wenn Sie es deaktivieren, bleibt es geschlossen bestehen.
account-undeliverable = E-Mails kommen nicht an
account-created = Angelegt am { $value }.
account-signed-in = Zuletzt angemeldet am { $value }.
account-never = Noch nie angemeldet.
account-sessions = Sitzungen
account-no-sessions = Nirgends angemeldet.
account-signs = In den letzten sieben Tagen: bis zu { $devices } Geräte in einer Stunde und { $places } Orte gleichzeitig; { $hours } Stunden mit drei Orten im Wechsel, an { $days } Tagen. Viele solche Stunden an mehreren Tagen sprechen dafür, dass mehrere Personen das Konto benutzen.
account-journal = Protokoll
account-by-operator = durch die Verwaltung
account-reason = Wie Sie die Identität geprüft haben
account-resend = Neues erstes Passwort senden
account-resend-text = Das zuvor gesendete erste Passwort funktioniert danach nicht mehr.
account-start-reset = Link zum Zurücksetzen senden
account-start-reset-text = Die Inhaberin oder der Inhaber erhält dieselbe E-Mail wie nach „Passwort vergessen?“, höchstens eine alle paar Minuten.
account-change-email = Adresse ändern
account-change-email-text = Nur wenn Sie auf anderem Weg als per E-Mail geprüft haben, wer darum bittet: Wer das neue Postfach liest, kann das Passwort zurücksetzen. Alle Sitzungen enden, und beide Adressen werden benachrichtigt. Wurde noch kein Passwort gewählt, geht ein neues erstes Passwort an die neue Adresse.
account-require-change = Neues Passwort verlangen
account-require-change-text = Bei der nächsten Anmeldung wird ein neues Passwort verlangt. Alle Sitzungen enden jetzt, und es wird eine E-Mail gesendet.
account-mark-compromised = Passwort für ungültig erklären
account-mark-compromised-text = Für ein Passwort, das andere kennen: Es funktioniert nicht mehr, und alle Sitzungen enden. Es wird eine E-Mail gesendet; ein neues Passwort gibt es über „Passwort vergessen?“.
account-sign-out = Überall abmelden
account-sign-out-text = Alle Sitzungen dieses Kontos enden jetzt. Das Passwort bleibt.
account-reset-factor = Authenticator-App entfernen
account-reset-factor-text = Nur wenn Sie sicher sind, wer darum bittet: Danach genügt das Passwort allein. Alle Sitzungen enden, und es wird eine E-Mail gesendet.
account-deactivate = Deaktivieren
account-deactivate-text = Alle Sitzungen enden jetzt. Anmeldungen schlagen fehl wie mit einem falschen Passwort, und es werden keine E-Mails gesendet, bis das Konto wieder aktiviert wird.
account-reactivate = Wieder aktivieren
account-reactivate-text = Die Anmeldung ist wieder möglich, mit demselben Passwort.
notice-account-provisioned = Konto angelegt. Das erste Passwort wurde per E-Mail gesendet.
notice-welcome-not-mailed = Das Konto wurde angelegt, aber das erste Passwort konnte nicht gesendet werden. Bitte senden Sie es von hier aus noch einmal.
notice-welcome-resent = Ein neues erstes Passwort wurde per E-Mail gesendet.
notice-reset-started = Ein Link zum Zurücksetzen ist unterwegs, sofern nicht in den letzten Minuten schon einer gesendet wurde.
notice-account-email-changed = Die Adresse wurde geändert, und alle Sitzungen sind beendet.
notice-change-required = Bei der nächsten Anmeldung wird ein neues Passwort verlangt.
notice-marked-compromised = Das Passwort funktioniert nicht mehr.
notice-account-signed-out = Alle Sitzungen sind beendet.
notice-second-factor-reset = Die Authenticator-App wurde entfernt. Wir haben eine E-Mail dazu gesendet.
notice-account-deactivated = Das Konto ist deaktiviert.
notice-account-reactivated = Das Konto ist wieder aktiv.
