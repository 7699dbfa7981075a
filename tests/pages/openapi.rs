//! The OpenAPI document, and whether an answer is one that it describes. A validator of JSON Schema would be thirty crates; the
//! document uses few words of it, and any other word fails here.

use std::collections::BTreeSet;
use std::sync::Arc;

use doorward::Site;
use doorward::pages::Pages;
use http::{Method, Request};
use pollster::block_on;
use serde_json::Value;

use crate::client::{Shown, ask, pages_of};
use crate::register::open_to_all;
use crate::support::*;

#[derive(Clone)]
pub struct Document(Arc<Value>);

impl Document {
    pub fn of(pages: &Pages) -> Self {
        let path = pages.routes().map(|(_, path)| path).find(|path| path.ends_with("/pages/openapi.json")).unwrap();
        let shown = block_on(ask(pages, Request::get(path).body(String::new()).unwrap()));
        assert_eq!(shown.headers["content-type"], "application/json");
        Self(Arc::new(serde_json::from_str(&shown.text).unwrap()))
    }

    /// What a `$ref` leads to.
    fn resolved<'a>(&'a self, at: &'a Value) -> &'a Value {
        match at["$ref"].as_str() {
            Some(path) => self.0.pointer(path.strip_prefix('#').unwrap()).unwrap_or_else(|| panic!("no {path}")),
            None => at,
        }
    }

    fn operation(&self, method: &Method, path: &str) -> Option<&Value> {
        self.0["paths"].get(path)?.get(method.as_str().to_ascii_lowercase())
    }

    /// Of each POST: the members that have to be sent, if there are any.
    pub fn required_members(&self) -> Vec<(String, Vec<String>)> {
        let paths = self.0["paths"].as_object().unwrap().iter();
        let required = paths.filter_map(|(path, methods)| {
            let schema = self.resolved(methods.pointer("/post/requestBody/content/application~1json/schema")?);
            let names = schema["required"].as_array()?.iter().map(|name| name.as_str().unwrap().to_owned());
            Some((path.clone(), names.collect()))
        });
        required.collect()
    }

    /// Fails unless the answer is as the document has it.
    #[track_caller]
    pub fn judge(&self, method: &Method, path: &str, shown: &Shown, json: &Value) {
        let what = format!("{method} {path} {}", shown.status);
        let operation = self.operation(method, path).unwrap_or_else(|| panic!("{what} is not documented"));
        let response = self.resolved(&operation["responses"][shown.status.as_str()]);
        let kind = shown.headers["content-type"].to_str().unwrap();
        let schema = &response["content"][kind]["schema"];
        assert!(schema.is_object(), "{what} as {kind} is not documented: {json}");
        if let Err(wrong) = self.check(schema, json) {
            panic!("{what}: {wrong} in {json}");
        }
        let headers = response["headers"].as_object();
        for name in ["retry-after", "www-authenticate"] {
            let documented = headers.is_some_and(|headers| headers.keys().any(|key| key.eq_ignore_ascii_case(name)));
            assert!(documented || !shown.headers.contains_key(name), "{what}: {name} is not documented");
        }
        if shown.status != 200 {
            let (code, described) = (json["code"].as_str().unwrap(), response["description"].as_str().unwrap());
            assert!(described.contains(&format!("`{code}`")), "{what}: {code} is not documented");
            assert_eq!(json["status"], shown.status.as_u16(), "{what}");
        }
    }

    /// Members that a schema does not name are wrong.
    pub fn check(&self, schema: &Value, value: &Value) -> Result<(), String> {
        let schema = self.resolved(schema);
        for (word, rule) in schema.as_object().ok_or("no schema")? {
            match word.as_str() {
                "description" | "minimum" => {}
                "format" => has_format(rule.as_str().unwrap(), value)?,
                "type" => has_type(rule, value)?,
                "enum" if !rule.as_array().unwrap().contains(value) => return Err(format!("{value} is not listed")),
                "oneOf" => {
                    let fits = rule.as_array().unwrap().iter().filter(|one| self.check(one, value).is_ok()).count();
                    (fits == 1).then_some(()).ok_or(format!("{fits} schemas fit"))?;
                }
                "required" => {
                    let missing =
                        rule.as_array().unwrap().iter().find(|name| value.get(name.as_str().unwrap()).is_none());
                    missing.filter(|_| value.is_object()).map_or(Ok(()), |name| Err(format!("{name} is missing")))?;
                }
                "items" => value.as_array().into_iter().flatten().try_for_each(|item| self.check(rule, item))?,
                "enum" | "properties" | "additionalProperties" => {}
                other => return Err(format!("{other} is not a word of this document")),
            }
        }
        let is_listed = schema.get("oneOf").is_none() && schema.get("additionalProperties").is_none();
        for (name, member) in value.as_object().into_iter().flatten().filter(|_| is_listed) {
            let rule = schema["properties"].get(name).ok_or(format!("{name} is not documented"))?;
            self.check(rule, member).map_err(|wrong| format!("{name}: {wrong}"))?;
        }
        Ok(())
    }
}

fn has_type(rule: &Value, value: &Value) -> Result<(), String> {
    let is = |kind: &Value| match kind.as_str().unwrap() {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_u64(),
        "null" => value.is_null(),
        other => panic!("{other} is no type"),
    };
    let fits = rule.as_array().map_or_else(|| is(rule), |kinds| kinds.iter().any(is));
    fits.then_some(()).ok_or(format!("{value} is not {rule}"))
}

fn has_format(format: &str, value: &Value) -> Result<(), String> {
    use time::{OffsetDateTime, format_description::well_known::Rfc3339};

    let text = value.as_str().unwrap_or_default();
    let fits = format != "date-time" || OffsetDateTime::parse(text, &Rfc3339).is_ok();
    fits.then_some(()).ok_or(format!("{value} is no {format}"))
}

/// What is the same in every language and format, or for browsers only.
fn is_no_json(path: &str) -> bool {
    path.starts_with("/pages/") || path.starts_with("/.well-known/")
}

#[test]
fn every_route_is_in_the_document_and_nothing_else() {
    let pages = pages_of(&World::for_pages(open_to_all));
    let document = Document::of(&pages);
    let known: BTreeSet<_> = pages
        .routes()
        .filter(|(_, path)| !is_no_json(path))
        .map(|(method, path)| (method.as_str().to_ascii_lowercase(), path))
        .collect();
    let paths = document.0["paths"].as_object().unwrap();
    let documented: BTreeSet<_> = paths
        .iter()
        .flat_map(|(path, methods)| methods.as_object().unwrap().keys().map(|method| (method.clone(), path.clone())))
        .collect();
    assert!(known.len() > 30);
    assert_eq!(known, documented);
    assert_eq!(document.0["info"]["version"], env!("CARGO_PKG_VERSION"));
}

#[test]
fn the_document_says_where_the_pages_are() {
    let site = |base: &str| {
        let site = Site::new("Acme", "https://shop.example", "help@acme.example").unwrap();
        let site = site.sign_in_path(&format!("{base}/sign-in")).unwrap();
        let site = site.reset_path(&format!("{base}/reset/confirm")).unwrap();
        let site = site.email_confirm_path(&format!("{base}/email/confirm")).unwrap();
        let site = site.email_undo_path(&format!("{base}/email/undo")).unwrap();
        site.deletion_path(&format!("{base}/leaving/undo")).unwrap()
    };
    for base in ["", "/account"] {
        let auth = doorward::Auth::builder(
            site(base),
            doorward::store::MemoryUsers::new(),
            doorward::store::MemoryAttempts::new(),
            doorward::mail::PrintingMailer,
        );
        let pages = Pages::builder(auth.keyring(keyring()).background(drop).build().unwrap()).build().unwrap();
        let document = Document::of(&pages);
        assert_eq!(document.0["servers"][0]["url"], format!("https://shop.example{base}"));
        assert!(document.operation(&Method::POST, "/sign-in").is_some());
    }
}

#[test]
fn every_reference_leads_somewhere_and_every_operation_has_its_own_name() {
    fn walk<'a>(document: &'a Document, at: &'a Value, names: &mut Vec<&'a str>) {
        let _ = document.resolved(at);
        names.extend(at["operationId"].as_str());
        at.as_object().into_iter().flat_map(|map| map.values()).for_each(|inner| walk(document, inner, names));
        at.as_array().into_iter().flatten().for_each(|inner| walk(document, inner, names));
    }
    let document = Document::of(&pages_of(&World::for_pages(open_to_all)));
    let mut names = Vec::new();
    walk(&document, &document.0, &mut names);
    let unique: BTreeSet<_> = names.iter().collect();
    assert!(names.len() > 30 && unique.len() == names.len());
}

/// Otherwise the tests of the answers prove nothing.
#[test]
fn an_answer_that_the_document_does_not_have_is_noticed() {
    use serde_json::json;

    let document = Document::of(&pages_of(&World::for_pages(|builder| builder)));
    let step = json!({ "$ref": "#/components/schemas/Step" });
    let right = json!({ "step": "signed_in", "next": "/", "expires_in": 3600, "token": "x" });
    assert_eq!(document.check(&step, &right), Ok(()));
    for (member, value) in [
        ("step", json!("done")),
        ("step", json!(1)),
        ("expires_in", json!(-1)),
        ("expires_in", json!("3600")),
        ("token", json!(1)),
        ("user", json!("1")),
    ] {
        let mut wrong = right.clone();
        wrong[member] = value;
        assert!(document.check(&step, &wrong).is_err(), "{wrong}");
    }
    let mut less = right.clone();
    less.as_object_mut().unwrap().remove("next");
    assert!(document.check(&step, &less).is_err());
    assert!(document.check(&json!({ "format": "date-time" }), &json!("yesterday")).is_err());
}
