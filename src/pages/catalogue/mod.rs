//! Every text of the pages, in every language: messages of Project Fluent, one file for each language.

mod language;
mod negotiate;
mod texts;

pub(super) use language::Language;
pub(super) use negotiate::{Choice, ChooseLanguage};
pub(super) use texts::Texts;
