use super::page::Page;
use super::reader::Reader;
use super::state::Pages;

/// What is around the content of a page, for this reader. `title` is its name in the catalogue.
pub(super) fn new_page(pages: &Pages, reader: &Reader, title: &str) -> Page {
    let (shared, site) = (&pages.shared, pages.shared.auth.site());
    Page {
        title: reader.texts.get(title),
        notice: None,
        problems: Vec::new(),
        wait: None,
        is_signed_in: false,
        ends_in: None,
        base: shared.base.clone(),
        home: shared.home.clone(),
        stylesheet: shared.look.stylesheet.clone(),
        site: site.name().to_owned(),
        support: (site.support().to_string(), site.support().href()),
        texts: reader.texts.clone(),
        is_framed: shared.look.frame.is_some(),
    }
}
