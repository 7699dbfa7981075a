//! Languages that nobody speaks, made from the English texts, in which a text that is in no catalogue gives itself away.

use std::collections::{BTreeMap, BTreeSet};

use fluent_syntax::ast::{Entry, Expression, InlineExpression, Message, Pattern, PatternElement, Resource};
use fluent_syntax::{parser, serializer};

const PLAIN: &str = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
const ACCENTED: &str = "áƀçđéƒǧħíĵķłɱñóþɋŕşţúṽŵẋýžÁƁÇĐÉƑǦĦÍĴĶŁṀÑÓÞɊŔŞŢÚṼŴẊÝŽ";

fn resource(texts: &str) -> Resource<String> {
    parser::parse(texts.to_owned()).expect("the syntax of Fluent")
}

fn messages(texts: &str) -> Vec<Message<String>> {
    let message = |entry| if let Entry::Message(message) = entry { Some(message) } else { None };
    resource(texts).body.into_iter().filter_map(message).collect()
}

pub fn names(texts: &str) -> Vec<String> {
    messages(texts).into_iter().map(|message| message.id.name).collect()
}

/// The values that each text uses.
pub fn variables(texts: &str) -> BTreeMap<String, BTreeSet<String>> {
    let of = |message: Message<String>| {
        let mut found = BTreeSet::new();
        collect(message.value.as_ref().expect("a value"), &mut found);
        (message.id.name, found)
    };
    messages(texts).into_iter().map(of).collect()
}

fn collect(pattern: &Pattern<String>, found: &mut BTreeSet<String>) {
    for element in &pattern.elements {
        let PatternElement::Placeable { expression } = element else { continue };
        let inline = match expression {
            Expression::Inline(inline) => inline,
            Expression::Select { selector, variants } => {
                variants.iter().for_each(|variant| collect(&variant.value, found));
                selector
            }
        };
        if let InlineExpression::VariableReference { id } = inline {
            found.insert(id.name.clone());
        }
    }
}

fn accented(text: &str) -> String {
    let accent = |c: char| PLAIN.find(c).and_then(|at| ACCENTED.chars().nth(at)).unwrap_or(c);
    text.chars().map(accent).collect()
}

fn accent(pattern: &mut Pattern<String>) {
    for element in &mut pattern.elements {
        match element {
            PatternElement::TextElement { value } => *value = accented(value),
            PatternElement::Placeable { expression: Expression::Select { variants, .. } } => {
                variants.iter_mut().for_each(|variant| accent(&mut variant.value));
            }
            // What a script replaces keeps its name.
            PatternElement::Placeable { expression: Expression::Inline(InlineExpression::StringLiteral { value }) } => {
                if !value.starts_with('{') {
                    *value = accented(value);
                }
            }
            PatternElement::Placeable { .. } => {}
        }
    }
}

/// Every text with accents and in brackets, with one more for each error and rule.
pub fn pseudo(texts: &str, errors: &BTreeSet<String>, rules: &BTreeSet<String>) -> String {
    let mut resource = resource(texts);
    for entry in &mut resource.body {
        let Entry::Message(Message { value: Some(pattern), .. }) = entry else { continue };
        accent(pattern);
        let bracket = |text: &str| PatternElement::TextElement { value: text.to_owned() };
        pattern.elements.insert(0, bracket("⟦"));
        pattern.elements.push(bracket("⟧"));
    }
    let mut text = serializer::serialize(&resource);
    let known: BTreeSet<_> = names(texts).into_iter().collect();
    for code in errors.iter().filter(|code| !known.contains(&format!("error-{code}"))) {
        text += &format!("error-{code} = ⟦{} {{ $amount }} {{ $rules }}⟧\n", accented(code));
    }
    for code in rules {
        text += &format!("rule-{code} = ⟦{}⟧\n", accented(code));
    }
    text
}

/// Every text is its own name, with its values.
pub fn named(texts: &str) -> String {
    let line = |(name, values): (String, BTreeSet<String>)| {
        let values: String = values.iter().map(|value| format!(" {{ ${value} }}")).collect();
        format!("{name} = ⟦{name}{values}⟧\n")
    };
    variables(texts).into_iter().map(line).collect()
}
