//! The content of an arrived mail.

use base64ct::{Base64, Encoding};

use super::server::Arrived;

/// A parsed mail.
pub struct Letter {
    head: String,
    pub text: String,
    pub html: String,
    /// The transfer encoding of each part.
    pub encodings: [String; 2],
}

impl Letter {
    pub fn read(arrived: &Arrived) -> Self {
        let (head, body) = arrived.data.split_once("\r\n\r\n").unwrap();
        let head = head.replace("\r\n ", " ");
        let kind = header(&head, "Content-Type").remove(0);
        assert!(kind.starts_with("multipart/alternative"), "{kind}");
        let boundary = kind.split("boundary=\"").nth(1).unwrap().trim_end_matches('"').to_owned();
        let parts: Vec<&str> = body.split(&format!("--{boundary}")).collect();
        assert_eq!(parts.len(), 4, "two parts between three boundaries");
        let encodings = [parts[1], parts[2]].map(|part| {
            let head = part.trim_start_matches("\r\n").split_once("\r\n\r\n").unwrap().0;
            header(head, "Content-Transfer-Encoding").concat()
        });
        Self { encodings, text: part(parts[1], "text/plain"), html: part(parts[2], "text/html"), head }
    }

    /// The decoded values of every header of this name.
    pub fn headers(&self, name: &str) -> Vec<String> {
        header(&self.head, name).iter().map(|value| words(value)).collect()
    }

    pub fn header(&self, name: &str) -> String {
        let values = self.headers(name);
        assert_eq!(values.len(), 1, "{name} occurs once");
        values.into_iter().next().unwrap()
    }

    pub fn names(&self) -> Vec<&str> {
        self.head.lines().map(|line| line.split(':').next().unwrap()).collect()
    }

    /// The temporary password: the indented line.
    pub fn password(&self) -> String {
        self.text.lines().find_map(|line| line.strip_prefix("    ")).expect("a password").to_owned()
    }

    /// The token of the link, which the page behind it receives.
    pub fn token(&self) -> String {
        self.text.lines().find_map(|line| line.split_once("?token=")).expect("a link").1.to_owned()
    }
}

fn header(head: &str, name: &str) -> Vec<String> {
    let of = |line: &str| line.split_once(": ").filter(|(found, _)| *found == name).map(|(_, value)| value.to_owned());
    head.lines().filter_map(of).collect()
}

/// RFC 2047, as far as this crate's mails use it.
fn words(value: &str) -> String {
    let joined = value.replace("?= =?utf-8?b?", "?==?utf-8?b?");
    let mut rest = joined.as_str();
    let mut out = String::new();
    while let Some((before, word)) = rest.split_once("=?utf-8?b?") {
        let (encoded, after) = word.split_once("?=").unwrap();
        out.push_str(before);
        out.push_str(&String::from_utf8(Base64::decode_vec(encoded).unwrap()).unwrap());
        rest = after;
    }
    out + rest
}

fn part(part: &str, kind: &str) -> String {
    let (head, body) = part.trim_start_matches("\r\n").split_once("\r\n\r\n").unwrap();
    assert!(header(head, "Content-Type")[0].starts_with(kind), "{head}");
    let body = body.strip_suffix("\r\n").unwrap();
    let bytes = match header(head, "Content-Transfer-Encoding")[0].as_str() {
        "7bit" | "8bit" => body.as_bytes().to_vec(),
        "quoted-printable" => quoted_printable(body),
        "base64" => Base64::decode_vec(&body.replace("\r\n", "")).unwrap(),
        other => panic!("encoded as {other}"),
    };
    String::from_utf8(bytes).unwrap().replace("\r\n", "\n")
}

fn quoted_printable(body: &str) -> Vec<u8> {
    let joined = body.replace("=\r\n", "");
    let mut bytes = joined.bytes();
    let mut out = Vec::new();
    while let Some(byte) = bytes.next() {
        if byte == b'=' {
            let hex = [bytes.next().unwrap(), bytes.next().unwrap()];
            out.push(u8::from_str_radix(std::str::from_utf8(&hex).unwrap(), 16).unwrap());
        } else {
            out.push(byte);
        }
    }
    out
}
