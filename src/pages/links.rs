//! Reset links that the browser holds: their tokens leave the address bar, where they would be seen, stored and shared.

use core::time::Duration;

use base64ct::{Base64UrlUnpadded, Encoding};
use sha2::{Digest, Sha256};

use super::browser::{BETWEEN, Browser};
use crate::auth::Auth;

/// How many links are kept at once; each has at most 238 characters.
const LINKS: usize = 3;

/// How a page names its link: a digest, which cannot be used as the link and is the same however often the link is opened.
pub(super) fn name(token: &str) -> String {
    Base64UrlUnpadded::encode_string(&Sha256::digest(token.as_bytes())[..12])
}

/// Keeps a link. Earlier ones stay: another site can open one too, and must not replace the one that a page is about to confirm.
pub(super) fn hold(mut browser: Browser, token: &str) -> Browser {
    let others = held(&browser).filter(|held| *held != token).take(LINKS - 1);
    let all: Vec<_> = core::iter::once(token).chain(others).collect();
    let value = all.join(&BETWEEN.to_string());
    keep(&mut browser, value);
    browser
}

fn held(browser: &Browser) -> impl Iterator<Item = &str> {
    let texts = browser.cookies.get("reset").split(BETWEEN);
    texts.filter(|text| Auth::read_reset_token(text).is_ok_and(|token| token == *text)).take(LINKS)
}

/// The link with that name, if it is still kept.
pub(super) fn find<'a>(browser: &'a Browser, of: &str) -> Option<&'a str> {
    held(browser).find(|held| name(held) == of)
}

/// The name of the kept link, if there is only one.
pub(super) fn only(browser: &Browser) -> Option<String> {
    let mut links = held(browser);
    let only = links.next().map(name);
    only.filter(|_| links.next().is_none())
}

pub(super) fn drop(mut browser: Browser, of: &str) -> Browser {
    let others: Vec<_> = held(&browser).filter(|held| name(held) != of).collect();
    let value = others.join(&BETWEEN.to_string());
    match &*value {
        "" => browser.cookies.remove("reset"),
        _ => keep(&mut browser, value),
    }
    browser
}

/// For as long as a link itself is valid.
fn keep(browser: &mut Browser, value: String) {
    let lifetime: Duration = browser.auth().config().reset.link_lifetime;
    browser.cookies.set("reset", value, Some(lifetime));
}
