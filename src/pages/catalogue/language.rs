use fluent_bundle::FluentResource;
use fluent_bundle::concurrent::FluentBundle;
use unic_langid::{CharacterDirection, LanguageIdentifier};

/// The languages that the crate has, English first: where a text is missing in another one, it is shown in English.
const OWN: [(&str, &str); 3] = [
    ("en", include_str!("../locales/en.ftl")),
    ("de", include_str!("../locales/de.ftl")),
    ("es", include_str!("../locales/es.ftl")),
];

/// The messages of one language.
pub(in crate::pages) struct Language {
    pub(super) tag: LanguageIdentifier,
    pub(super) messages: FluentBundle<FluentResource>,
}

impl Language {
    pub(in crate::pages) fn own() -> Vec<Self> {
        let of = |(tag, texts): (&str, &str)| Self::parse(tag, texts);
        OWN.into_iter().filter_map(of).collect()
    }

    /// `None` if the tag is none of BCP 47 or the texts are not those of Fluent.
    fn parse(tag: &str, texts: &str) -> Option<Self> {
        let tag: LanguageIdentifier = tag.parse().ok()?;
        let mut messages = FluentBundle::new_concurrent(vec![tag.clone()]);
        // The marks that isolate a value would be copied with it; the templates isolate what needs it.
        messages.set_use_isolating(false);
        messages.add_resource(FluentResource::try_new(texts.to_owned()).ok()?).ok()?;
        Some(Self { tag, messages })
    }

    /// Adds a host's texts, which replace those of the same name; a language that was not there is added.
    pub(in crate::pages) fn add(all: &mut Vec<Self>, tag: &str, texts: &str) -> Option<()> {
        let added = Self::parse(tag, texts)?;
        match all.iter_mut().find(|language| language.tag == added.tag) {
            Some(language) => {
                language.messages.add_resource_overriding(FluentResource::try_new(texts.to_owned()).ok()?);
            }
            None => all.push(added),
        }
        Some(())
    }

    pub(super) fn is_right_to_left(&self) -> bool {
        self.tag.character_direction() == CharacterDirection::RTL
    }
}

impl AsRef<LanguageIdentifier> for Language {
    fn as_ref(&self) -> &LanguageIdentifier {
        &self.tag
    }
}

impl PartialEq for Language {
    fn eq(&self, other: &Self) -> bool {
        self.tag == other.tag
    }
}
