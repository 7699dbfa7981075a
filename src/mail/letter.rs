//! The structure shared by all mails, rendered as plain text and as HTML.

use html_escape::{encode_double_quoted_attribute_to_string, encode_text_to_string};
use zeroize::Zeroizing;

/// Capacity for a rendered mail, so that the buffer does not reallocate and leave an unwiped copy of a secret behind.
const ROOM: usize = 8 * 1024;

/// A mail before rendering. Parts that may be secret are wiped on drop.
pub(super) struct Letter {
    pub(super) language: String,
    pub(super) right_to_left: bool,
    pub(super) subject: String,
    pub(super) blocks: Vec<Block>,
}

pub(super) enum Block {
    Paragraph(String),
    /// A password, on a line of its own.
    Password(Zeroizing<String>),
    /// A link on a line of its own.
    Link {
        words: String,
        href: Zeroizing<String>,
    },
    /// A sentence in which the text `shown` becomes a link, for example to `mailto:`.
    Contact {
        words: String,
        shown: String,
        href: String,
    },
}

impl Letter {
    /// On one line, whatever the texts hold: a careless mailer would turn a line break into a header of its own.
    pub(super) fn subject(&self) -> String {
        self.subject.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
    }

    pub(super) fn text(&self) -> String {
        let mut out = String::with_capacity(ROOM);
        for (index, block) in self.blocks.iter().enumerate() {
            if index > 0 {
                out += "\n\n";
            }
            match block {
                Block::Paragraph(words) => out += words,
                Block::Password(password) => {
                    out += "    ";
                    out += password;
                }
                Block::Link { words, href } => {
                    out += words;
                    out += "\n";
                    out += href;
                }
                Block::Contact { words, shown, .. } => {
                    out += words;
                    if !words.contains(shown) {
                        out += "\n";
                        out += shown;
                    }
                }
            }
        }
        out + "\n"
    }

    pub(super) fn html(&self) -> String {
        let mut out = String::with_capacity(ROOM);
        out += "<!doctype html>\n<html lang=\"";
        encode_double_quoted_attribute_to_string(&self.language, &mut out);
        out += "\" dir=\"";
        out += if self.right_to_left { "rtl" } else { "ltr" };
        out += "\">\n<head><meta charset=\"utf-8\"><title>";
        encode_text_to_string(self.subject(), &mut out);
        out += "</title></head>\n<body style=\"font:1em/1.5 sans-serif;max-width:40em\">\n";
        for block in &self.blocks {
            block.html(&mut out);
        }
        out + "</body>\n</html>\n"
    }
}

impl Block {
    fn html(&self, out: &mut String) {
        *out += match self {
            // Left to right in every language.
            Self::Password(_) => "<p dir=\"ltr\" style=\"font:1.2em monospace\"><strong>",
            Self::Paragraph(_) | Self::Link { .. } | Self::Contact { .. } => "<p>",
        };
        match self {
            Self::Paragraph(words) => {
                encode_text_to_string(words, out);
            }
            Self::Password(password) => {
                encode_text_to_string(password.as_str(), out);
                *out += "</strong>";
            }
            Self::Link { words, href } => {
                encode_text_to_string(words, out);
                *out += "<br>";
                anchor(href, href, out);
            }
            Self::Contact { words, shown, href } => match words.split_once(shown.as_str()) {
                Some((before, after)) => {
                    encode_text_to_string(before, out);
                    anchor(href, shown, out);
                    encode_text_to_string(after, out);
                }
                // If the text leaves its value out, the reader still gets it.
                None => {
                    encode_text_to_string(words, out);
                    *out += "<br>";
                    anchor(href, shown, out);
                }
            },
        }
        *out += "</p>\n";
    }
}

fn anchor(href: &str, shown: &str, out: &mut String) {
    *out += "<a href=\"";
    encode_double_quoted_attribute_to_string(href, out);
    *out += "\">";
    encode_text_to_string(shown, out);
    *out += "</a>";
}
