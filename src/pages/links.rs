//! Mailed links that the browser holds: their tokens leave the address bar, where they would be seen, stored and shared.

use core::time::Duration;

use base64ct::{Base64UrlUnpadded, Encoding};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use super::browser::{BETWEEN, Browser};
use super::fields::Fields;
use super::reader::Format;
use crate::auth::Auth;
use crate::types::Malformed;

/// How many links of a kind are kept at once, and how many characters they have together: browsers drop longer cookies.
const LINKS: usize = 3;
const LONGEST: usize = 3_600;

/// Links of one kind. Each kind has a cookie of its own.
#[derive(Clone, Copy)]
pub(super) enum Links {
    Reset,
    Registration,
    EmailChange,
    EmailUndo,
    Deletion,
}

/// How a page names its link: a digest, which cannot be used as the link and is the same however often the link is opened.
pub(super) fn name(token: &str) -> String {
    Base64UrlUnpadded::encode_string(&Sha256::digest(token.as_bytes())[..12])
}

impl Links {
    fn cookie(self) -> &'static str {
        match self {
            Self::Reset => "reset",
            Self::Registration => "register",
            Self::EmailChange => "email",
            Self::EmailUndo => "undo",
            Self::Deletion => "leaving",
        }
    }

    /// The member in which a program sends the token itself.
    fn member(self) -> &'static str {
        match self {
            Self::Reset => "reset_token",
            Self::Registration => "registration_token",
            Self::EmailChange | Self::EmailUndo => "email_token",
            Self::Deletion => "deletion_token",
        }
    }

    /// The token in what a link brought along.
    pub(super) fn read(self, text: &str) -> Result<String, Malformed> {
        match self {
            Self::Reset | Self::EmailChange | Self::EmailUndo => Auth::read_reset_token(text),
            Self::Registration => Auth::read_registration_token(text),
            Self::Deletion => Auth::read_deletion_token(text),
        }
    }

    /// For as long as a link itself is valid.
    pub(super) fn lifetime(self, browser: &Browser) -> Duration {
        let config = browser.auth().config();
        match self {
            Self::Reset => config.reset.link_lifetime,
            Self::Registration => config.registration.link_lifetime.max(config.registration.invitation_lifetime),
            Self::EmailChange => config.email_change.lifetime,
            Self::EmailUndo => config.email_change_limits().undo_lifetime,
            // As long as a change of the address can be taken back, a deletion waits.
            Self::Deletion => config.deletion.grace.max(config.email_change_limits().undo_lifetime),
        }
    }

    /// Keeps a link. Earlier ones stay: another site can open one too, and must not replace the one that a page is about to confirm.
    pub(super) fn hold(self, mut browser: Browser, token: &str) -> Browser {
        let mut length = token.len();
        let others = self.held(&browser).filter(|held| *held != token).take(LINKS - 1);
        let others = others.take_while(|held| {
            length += held.len() + 1;
            length <= LONGEST
        });
        let all: Vec<_> = core::iter::once(token).chain(others).collect();
        let value = all.join(&BETWEEN.to_string());
        self.keep(&mut browser, value);
        browser
    }

    fn held(self, browser: &Browser) -> impl Iterator<Item = &str> {
        let texts = browser.cookies.get(self.cookie()).split(BETWEEN);
        texts.filter(move |text| self.read(text).is_ok_and(|token| token == *text)).take(LINKS)
    }

    /// The link with that name, if it is still kept.
    fn find<'a>(self, browser: &'a Browser, of: &str) -> Option<&'a str> {
        self.held(browser).find(|held| name(held) == of)
    }

    /// The name of the link that a page is opened for: that in the query, or the only one that is kept.
    pub(super) fn named(self, browser: &Browser, query: &Fields) -> Option<String> {
        match query.find("link") {
            Some(link) => self.find(browser, link).map(|_| link.to_owned()),
            None => {
                let mut links = self.held(browser);
                let only = links.next().map(name);
                only.filter(|_| links.next().is_none())
            }
        }
    }

    /// The token of the link with that name, if it is still kept.
    pub(super) fn kept(self, browser: &Browser, link: &str) -> Option<Zeroizing<String>> {
        self.find(browser, link).map(|token| Zeroizing::new(token.to_owned()))
    }

    /// The token of the link that the form names. A program, which can open a link by itself, may send the token.
    pub(super) fn token(self, browser: &Browser, form: &Fields) -> Option<Zeroizing<String>> {
        let sent = form.find(self.member()).filter(|_| browser.reader.format == Format::Json);
        sent.map(|token| Zeroizing::new(token.to_owned())).or_else(|| self.kept(browser, form.get("link")))
    }

    pub(super) fn drop(self, mut browser: Browser, of: &str) -> Browser {
        let others: Vec<_> = self.held(&browser).filter(|held| name(held) != of).collect();
        let value = others.join(&BETWEEN.to_string());
        match &*value {
            "" => browser.cookies.remove(self.cookie()),
            _ => self.keep(&mut browser, value),
        }
        browser
    }

    fn keep(self, browser: &mut Browser, value: String) {
        let lifetime = self.lifetime(browser);
        browser.cookies.set(self.cookie(), value, Some(lifetime));
    }
}
