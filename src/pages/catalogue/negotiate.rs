use std::sync::Arc;

use fluent_langneg::{NegotiationStrategy, negotiate_languages, parse_accepted_languages};
use http::header;
use http::request::Parts;
use unic_langid::LanguageIdentifier;

use super::{Language, Texts};

/// A host's own choice.
pub(in crate::pages) type ChooseLanguage = dyn Fn(&Parts) -> Option<String> + Send + Sync;

/// A longer list is none that a browser sends.
const LONGEST: usize = 1_024;

/// The languages there are, and which of them answers a request.
pub(in crate::pages) struct Choice {
    languages: Arc<[Language]>,
    /// The host's own choice, before the browser's.
    choose: Option<Box<ChooseLanguage>>,
}

impl Choice {
    pub(in crate::pages) fn new(languages: Vec<Language>, choose: Option<Box<ChooseLanguage>>) -> Self {
        Self { languages: languages.into(), choose }
    }

    /// What the host says, else the first of the browser's languages that there is, else English. Browsers list them by
    /// preference, so their weights are not read.
    pub(in crate::pages) fn texts_for(&self, request: &Parts) -> Texts {
        let chosen = self.choose.as_ref().and_then(|choose| choose(request)?.parse::<LanguageIdentifier>().ok());
        let wanted = match chosen {
            Some(chosen) => vec![chosen],
            None => {
                let accepted = request.headers.get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok());
                parse_accepted_languages(accepted.filter(|accepted| accepted.len() <= LONGEST).unwrap_or_default())
            }
        };
        let found = negotiate_languages(&wanted, &self.languages, None, NegotiationStrategy::Lookup);
        let found = found.first().and_then(|found| self.languages.iter().position(|language| language == *found));
        Texts::new(Arc::clone(&self.languages), found.unwrap_or_default())
    }
}
