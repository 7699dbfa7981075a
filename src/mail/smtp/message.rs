//! A mail as sent over the wire: the envelope, the headers, and a text and an HTML part.

use base64ct::{Base64UrlUnpadded, Encoding};
use lettre::message::header::{ContentTransferEncoding, ContentType, Date, HeaderName, HeaderValue};
use lettre::message::{Body, Mailbox, MultiPart, SinglePart};
use lettre::{Address, Message};
use rand::TryRng;
use rand::rngs::SysRng;
use time::OffsetDateTime;
use zeroize::Zeroizing;

use doorward::Email;
use doorward::config::SupportContact;
use doorward::mail::{Mail, SmtpRejection};

/// The headers a mail may have. Any other was injected.
const HEADERS: [&str; 10] = [
    "From",
    "To",
    "Reply-To",
    "Subject",
    "Date",
    "Message-ID",
    "Auto-Submitted",
    "X-Auto-Response-Suppress",
    "MIME-Version",
    "Content-Type",
];

/// A rendered mail. Holds the mail's secret and is wiped on drop.
pub(super) struct Rendered {
    pub(super) from: Address,
    pub(super) to: Address,
    pub(super) message: Zeroizing<Vec<u8>>,
}

/// Renders a mail once: every try sends the same bytes, so that duplicates share one id and one date.
pub(super) fn render(from: &Email, to: &Email, mail: &Mail, now: OffsetDateTime) -> Result<Rendered, SmtpRejection> {
    let sender = address(from)?;
    let recipient = address(to)?;
    let mut builder = Message::builder()
        .from(Mailbox::new(Some(mail.site().name().to_owned()), sender.clone()))
        .to(Mailbox::new(None, recipient.clone()))
        .subject(mail.subject())
        .header(date(now))
        .message_id(Some(message_id(sender.domain())?))
        // RFC 3834: suppresses vacation replies and mailing-list forwarding. Exchange needs a header of its own.
        .raw_header(header("Auto-Submitted", "auto-generated"))
        .raw_header(header("X-Auto-Response-Suppress", "All"));
    if let SupportContact::Email(support) = mail.site().support() {
        // Replies reach the support contact.
        let support = Email::parse(support).map_err(|_| SmtpRejection::Address)?;
        builder = builder.reply_to(Mailbox::new(None, address(&support)?));
    }
    let parts = MultiPart::alternative()
        .singlepart(part(ContentType::TEXT_PLAIN, mail.text()))
        .singlepart(part(ContentType::TEXT_HTML, mail.html()));
    let message = builder.multipart(parts).map_err(|_| SmtpRejection::Address)?;
    let message = Zeroizing::new(message.formatted());
    if !has_only(&HEADERS, &message) {
        return Err(SmtpRejection::HeaderInjection);
    }
    Ok(Rendered { from: sender, to: recipient, message })
}

/// As 7bit, or else as base64. Never as quoted-printable, which breaks a link over two lines and puts `=3D` into it: many people
/// read the source of a mail, or have it shown to them, and paste what they see.
fn part(kind: ContentType, text: String) -> SinglePart {
    let body = if is_plain(&text) {
        Body::dangerous_pre_encoded(text.replace('\n', "\r\n").into_bytes(), ContentTransferEncoding::SevenBit)
    } else {
        Body::new_with_encoding(text, ContentTransferEncoding::Base64).unwrap_or_else(Body::new)
    };
    SinglePart::builder().header(kind).body(body)
}

/// Whether it may be sent as it is: printable ASCII, in lines that every server takes (RFC 5321, 4.5.3.1.6).
fn is_plain(text: &str) -> bool {
    const LONGEST_LINE: usize = 998;
    let plain = |line: &str| line.len() <= LONGEST_LINE && line.bytes().all(|byte| matches!(byte, b'\t' | b' '..=b'~'));
    text.split('\n').all(plain)
}

/// The local part as typed, since only the domain's owner knows whether case matters; the domain in A-labels, which every
/// server understands.
fn address(email: &Email) -> Result<Address, SmtpRejection> {
    let (local, _) = email.as_typed().rsplit_once('@').ok_or(SmtpRejection::Address)?;
    Address::new(local, domain(email)).map_err(|_| SmtpRejection::Address)
}

/// The domain of an address, in A-labels.
pub(super) fn domain(email: &Email) -> &str {
    email.canonical().rsplit_once('@').map_or("", |(_, domain)| domain)
}

/// By the mailer's clock. A time outside the years that a mail can express is clamped.
fn date(now: OffsetDateTime) -> Date {
    const YEAR_9999: i64 = 253_370_764_800;
    let seconds = now.unix_timestamp().clamp(0, YEAR_9999 - 1);
    Date::new(OffsetDateTime::from_unix_timestamp(seconds).unwrap_or(OffsetDateTime::UNIX_EPOCH).into())
}

/// 128 random bits under the sender's domain.
fn message_id(domain: &str) -> Result<String, SmtpRejection> {
    let mut id = [0; 16];
    SysRng.try_fill_bytes(&mut id).map_err(|_| SmtpRejection::Random)?;
    Ok(format!("<{}@{domain}>", Base64UrlUnpadded::encode_string(&id)))
}

fn header(name: &'static str, value: &str) -> HeaderValue {
    HeaderValue::new(HeaderName::new_from_ascii_str(name), value.to_owned())
}

/// Whether every line above the body is one of these headers, each at most once, or a continuation of the previous line.
fn has_only(headers: &[&str], message: &[u8]) -> bool {
    let mut seen = Vec::new();
    for line in message.split(|byte| *byte == b'\n') {
        let Some(line) = line.strip_suffix(b"\r") else { return false };
        if line.is_empty() {
            return true;
        }
        if line.starts_with(b" ") {
            continue;
        }
        let name = line.split(|byte| *byte == b':').next().unwrap_or_default();
        if seen.contains(&name) || !headers.iter().any(|known| known.as_bytes() == name) || line.contains(&b'\r') {
            return false;
        }
        seen.push(name);
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_that_does_not_belong_is_seen() {
        let fine = |message: &str| has_only(&HEADERS, message.as_bytes());
        assert!(fine("To: ann@acme.example\r\nSubject: Hello\r\n there\r\n\r\nBcc: in the body\r\n"));
        assert!(!fine("To: ann@acme.example\r\nBcc: eve@elsewhere.example\r\n\r\n"));
        assert!(!fine("To: ann@acme.example\r\nTo: eve@elsewhere.example\r\n\r\n"), "twice");
        assert!(!fine("Subject: Hello\nBcc: eve@elsewhere.example\r\n\r\n"), "a bare line feed");
        assert!(!fine("Subject: Hello\rBcc: eve@elsewhere.example\r\n\r\n"), "a bare return");
        assert!(!fine("Subject: Hello\r\n"), "no body");
    }

    #[test]
    fn the_date_of_a_clock_astray_is_still_a_date() {
        for at in [-1, 0, i64::from(u32::MAX), 253_402_300_799] {
            let at = OffsetDateTime::from_unix_timestamp(at).unwrap();
            date(at);
        }
        date(OffsetDateTime::UNIX_EPOCH.saturating_sub(time::Duration::MAX));
        date(OffsetDateTime::UNIX_EPOCH.saturating_add(time::Duration::MAX));
    }

    /// The reason for which [`Email`] has no such address. If the library should take them one day, it may.
    #[test]
    fn the_library_builds_no_mail_to_dots_where_no_address_has_any() {
        for local in ["taro.", "taro..", ".taro", "ta..ro"] {
            assert!(Address::new(local, "docomo.example").is_err(), "{local}");
            assert!(Email::parse(&format!("{local}@docomo.example")).is_err());
        }
    }

    #[test]
    fn addresses_keep_their_case_before_the_at_and_lose_their_umlauts_after_it() {
        let written = |text| address(&Email::parse(text).unwrap()).unwrap().to_string();
        assert_eq!(written("Ann.Lee+news@B\u{fc}cher.example"), "Ann.Lee+news@xn--bcher-kva.example");
        assert_eq!(written("j\u{fc}rgen@acme.example"), "j\u{fc}rgen@acme.example");
    }
}
