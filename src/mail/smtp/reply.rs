//! The grammar of server replies (RFC 5321, 4.2): parsed as bytes, since their texts may be in any charset.

/// Limits for a line and for a whole reply; anything longer is malformed.
const LONGEST_LINE: usize = 4_096;
const LONGEST_ANSWER: usize = 100_000;

/// A reply: its code and the text of each line. The text may repeat an address and never leaves the adapter.
pub(super) struct Reply {
    pub(super) code: u16,
    pub(super) lines: Vec<Vec<u8>>,
}

/// The state after reading more bytes.
pub(super) enum Progress {
    More,
    Whole(Reply),
    /// Not a reply, whatever follows.
    Malformed,
}

/// A reply being received.
#[derive(Default)]
pub(super) struct Incoming {
    line: Vec<u8>,
    lines: Vec<Vec<u8>>,
    code: Option<u16>,
    size: usize,
}

impl Incoming {
    /// Reads up to the end of a line and returns how many bytes that took.
    pub(super) fn read(&mut self, bytes: &[u8]) -> (usize, Progress) {
        let end = bytes.iter().position(|byte| *byte == b'\n');
        let used = end.map_or(bytes.len(), |end| end + 1);
        self.size += used;
        self.line.extend_from_slice(&bytes[..used]);
        if self.line.len() > LONGEST_LINE || self.size > LONGEST_ANSWER {
            return (used, Progress::Malformed);
        }
        let progress = if end.is_some() { self.line_is_whole() } else { Progress::More };
        (used, progress)
    }

    fn line_is_whole(&mut self) -> Progress {
        let line = std::mem::take(&mut self.line);
        let line = line.strip_suffix(b"\n").unwrap_or(&line);
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let Some(code) = code(line) else { return Progress::Malformed };
        if *self.code.get_or_insert(code) != code {
            return Progress::Malformed;
        }
        let (separator, text) = line[3..].split_first().map_or((b' ', &line[..0]), |(first, text)| (*first, text));
        self.lines.push(text.to_vec());
        match separator {
            b' ' => Progress::Whole(Reply { code, lines: std::mem::take(&mut self.lines) }),
            b'-' => Progress::More,
            _ => Progress::Malformed,
        }
    }

    /// Whether any of it has arrived.
    pub(super) fn has_begun(&self) -> bool {
        self.size > 0
    }

    /// The code of the first line, as soon as it has arrived, even if nothing else has.
    pub(super) fn code(&self) -> Option<u16> {
        self.code.or_else(|| code(&self.line))
    }
}

fn code(line: &[u8]) -> Option<u16> {
    match line {
        [b'2'..=b'5', tens, ones, ..] if tens.is_ascii_digit() && ones.is_ascii_digit() => {
            Some(line[..3].iter().fold(0, |code, digit| 10 * code + u16::from(digit - b'0')))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The reply and its length in bytes, however the input is split.
    fn read(bytes: &[u8]) -> Option<(u16, Vec<Vec<u8>>, usize)> {
        let outcomes: Vec<_> = (1..=bytes.len()).map(|size| in_pieces(bytes, size)).collect();
        assert!(outcomes.iter().all(|outcome| *outcome == outcomes[0]), "{bytes:?}");
        outcomes[0].clone()
    }

    fn in_pieces(bytes: &[u8], size: usize) -> Option<(u16, Vec<Vec<u8>>, usize)> {
        let (mut incoming, mut from) = (Incoming::default(), 0);
        while from < bytes.len() {
            let (used, progress) = incoming.read(&bytes[from..bytes.len().min(from + size)]);
            from += used;
            match progress {
                Progress::More => {}
                Progress::Whole(reply) => return Some((reply.code, reply.lines, from)),
                Progress::Malformed => return None,
            }
        }
        None
    }

    fn text(text: &[u8]) -> Vec<u8> {
        text.to_vec()
    }

    #[test]
    fn answers_are_read_by_bytes_and_not_beyond_their_end() {
        assert_eq!(read(b"250 ok\r\n"), Some((250, vec![text(b"ok")], 8)));
        assert_eq!(read(b"250-one\r\n250 two\r\n250 of the next"), Some((250, vec![text(b"one"), text(b"two")], 18)));
        assert_eq!(read(b"354\r\n"), Some((354, vec![text(b"")], 5)), "the text may be missing");
        assert_eq!(read(b"250 ok\n"), Some((250, vec![text(b"ok")], 7)), "a server that is careless about line ends");
        assert_eq!(read(b"550 unbekannter Empf\xe4nger\r\n"), Some((550, vec![text(b"unbekannter Empf\xe4nger")], 27)));
        assert_eq!(read(b"220 \xff\xfe\x00\r\n"), Some((220, vec![text(b"\xff\xfe\x00")], 9)));
    }

    #[test]
    fn what_is_no_answer_is_none() {
        for bytes in [
            &b"hello\r\n"[..],
            b"150 no such class\r\n",
            b"650 nor such\r\n",
            b"25 short\r\n",
            b"2500 long\r\n",
            b"250+ what\r\n",
            b"\r\n",
            b"250-one\r\n251 another\r\n",
            b"250 no end",
        ] {
            assert!(read(bytes).is_none(), "{bytes:?}");
        }
        let endless = [b"250 ".as_slice(), &[b'a'; LONGEST_LINE]].concat();
        assert!(matches!(Incoming::default().read(&endless), (_, Progress::Malformed)));
        let mut many = Incoming::default();
        assert!((0..LONGEST_ANSWER).any(|_| matches!(many.read(b"250-more\r\n"), (_, Progress::Malformed))));
    }

    #[test]
    fn what_has_come_of_an_answer_is_known() {
        let begun = |bytes: &[u8]| {
            let (mut incoming, mut rest) = (Incoming::default(), bytes);
            while !rest.is_empty() {
                rest = &rest[incoming.read(rest).0..];
            }
            (incoming.has_begun(), incoming.code())
        };
        assert_eq!(begun(b""), (false, None));
        assert_eq!(begun(b"25"), (true, None));
        assert_eq!(begun(b"250"), (true, Some(250)));
        assert_eq!(begun(b"250-ok\r\n2"), (true, Some(250)));
        assert_eq!(begun(b"what?\r\n"), (true, None));
    }
}
