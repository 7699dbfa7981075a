use fluent_bundle::FluentArgs;

use super::catalogue::Texts;

/// The marks of browsers in the header. Each browser also names the ones after it, so the order matters.
const BROWSERS: [(&str, &str); 5] =
    [("Edg/", "Edge"), ("OPR/", "Opera"), ("Firefox/", "Firefox"), ("Chrome/", "Chrome"), ("Safari/", "Safari")];
const SYSTEMS: [(&str, &str); 7] = [
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("Mac OS X", "Mac"),
    ("CrOS", "ChromeOS"),
    ("Linux", "Linux"),
];
const ON: &str = " on ";
const UNKNOWN: &str = "A browser";

/// A browser name that its owner recognises. The rest of the header is ignored. It is kept with the session, so it is in English
/// whatever the language of the page.
pub(super) fn label(agent: &str) -> String {
    let find =
        |names: &[(&str, &'static str)]| names.iter().find(|(mark, _)| agent.contains(mark)).map(|(_, name)| *name);
    match (find(&BROWSERS), find(&SYSTEMS)) {
        (Some(browser), Some(system)) => format!("{browser}{ON}{system}"),
        (Some(browser), None) => browser.to_owned(),
        (None, _) => UNKNOWN.to_owned(),
    }
}

/// A kept label in the language of the page. One that is not of these pages, but a host's own, is shown as it is.
pub(super) fn shown(label: &str, texts: &Texts) -> String {
    if label.is_empty() || label == UNKNOWN {
        return texts.get("a-browser");
    }
    let known = |names: &[(&str, &str)], name: &str| names.iter().any(|(_, other)| *other == name);
    match label.split_once(ON) {
        Some((browser, system)) if known(&BROWSERS, browser) && known(&SYSTEMS, system) => {
            let mut values = FluentArgs::new();
            values.set("browser", browser.to_owned());
            values.set("system", system.to_owned());
            texts.with("browser-on", &values)
        }
        _ => label.to_owned(),
    }
}
