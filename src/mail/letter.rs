//! The shape that all mails share, rendered as plain text and as HTML.

use html_escape::{encode_double_quoted_attribute, encode_text};

/// A mail before it is rendered.
pub(super) struct Letter {
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
    /// A link whose text in plain mails is not its target: `mailto:`.
    Contact {
        words: String,
        shown: String,
        href: String,
    },
}

pub(super) fn text(letter: &Letter) -> String {
    let blocks: Vec<String> = letter
        .blocks
        .iter()
        .map(|block| match block {
            Block::Paragraph(words) => words.clone(),
            Block::Password(password) => format!("    {password}"),
            Block::Link { words, href } => format!("{words}\n{href}"),
            Block::Contact { words, shown, .. } => format!("{words} {shown}"),
        })
        .collect();
    format!("{}\n", blocks.join("\n\n"))
}

pub(super) fn html(letter: &Letter) -> String {
    let link = |href: &str, shown: &str| {
        format!("<a href=\"{}\">{}</a>", encode_double_quoted_attribute(href), encode_text(shown))
    };
    let blocks: String = letter
        .blocks
        .iter()
        .map(|block| match block {
            Block::Paragraph(words) => format!("<p>{}</p>\n", encode_text(words)),
            Block::Password(password) => {
                format!("<p style=\"font:1.2em monospace\"><strong>{}</strong></p>\n", encode_text(password))
            }
            Block::Link { words, href } => format!("<p>{}<br>{}</p>\n", encode_text(words), link(href, href)),
            Block::Contact { words, shown, href } => {
                format!("<p>{} {}</p>\n", encode_text(words), link(href, shown))
            }
        })
        .collect();
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head><meta charset=\"utf-8\"><title>{}</title></head>\n\
         <body style=\"font:1em/1.5 sans-serif;max-width:40em\">\n{blocks}</body>\n</html>\n",
        encode_text(&letter.subject)
    )
}
