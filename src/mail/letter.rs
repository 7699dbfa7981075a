//! The shape that all mails share, rendered as plain text and as HTML.

use html_escape::{encode_double_quoted_attribute, encode_text};

/// A mail before it is rendered.
pub(super) struct Letter {
    pub(super) language: String,
    pub(super) right_to_left: bool,
    pub(super) subject: String,
    pub(super) blocks: Vec<Block>,
}

pub(super) enum Block {
    Paragraph(String),
    /// A password, on a line of its own.
    Password(String),
    /// A link on a line of its own.
    Link {
        words: String,
        href: String,
    },
    /// A sentence in which what is shown becomes a link: to `mailto:`, say.
    Contact {
        words: String,
        shown: String,
        href: String,
    },
}

impl Letter {
    /// On one line, whatever the texts held: a line break would be a header of its own in a careless mailer.
    pub(super) fn subject(&self) -> String {
        self.subject.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
    }

    pub(super) fn text(&self) -> String {
        let blocks: Vec<String> = self
            .blocks
            .iter()
            .map(|block| match block {
                Block::Paragraph(words) => words.clone(),
                Block::Password(password) => format!("    {password}"),
                Block::Link { words, href } => format!("{words}\n{href}"),
                Block::Contact { words, shown, .. } if words.contains(shown) => words.clone(),
                Block::Contact { words, shown, .. } => format!("{words}\n{shown}"),
            })
            .collect();
        format!("{}\n", blocks.join("\n\n"))
    }

    pub(super) fn html(&self) -> String {
        let direction = if self.right_to_left { "rtl" } else { "ltr" };
        let blocks: String = self.blocks.iter().map(Block::html).collect();
        format!(
            "<!doctype html>\n<html lang=\"{}\" dir=\"{direction}\">\n<head><meta charset=\"utf-8\"><title>{}</title></head>\n\
             <body style=\"font:1em/1.5 sans-serif;max-width:40em\">\n{blocks}</body>\n</html>\n",
            encode_double_quoted_attribute(&self.language),
            encode_text(&self.subject())
        )
    }
}

impl Block {
    fn html(&self) -> String {
        match self {
            Self::Paragraph(words) => format!("<p>{}</p>\n", encode_text(words)),
            // From left to right in every language.
            Self::Password(password) => {
                format!(
                    "<p dir=\"ltr\" style=\"font:1.2em monospace\"><strong>{}</strong></p>\n",
                    encode_text(password)
                )
            }
            Self::Link { words, href } => format!("<p>{}<br>{}</p>\n", encode_text(words), anchor(href, href)),
            Self::Contact { words, shown, href } => match words.split_once(shown.as_str()) {
                Some((before, after)) => {
                    format!("<p>{}{}{}</p>\n", encode_text(before), anchor(href, shown), encode_text(after))
                }
                // A text that leaves its value out does not leave the reader without it.
                None => format!("<p>{}<br>{}</p>\n", encode_text(words), anchor(href, shown)),
            },
        }
    }
}

fn anchor(href: &str, shown: &str) -> String {
    format!("<a href=\"{}\">{}</a>", encode_double_quoted_attribute(href), encode_text(shown))
}
