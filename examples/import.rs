//! Importing all users of another system with their password hashes, from the files that its export writes.
//!
//! `cargo run --features legacy-hashes --example import` reads the made-up exports in `examples/exports`. With a system and a file
//! it rehearses an import of yours in memory, and lists the rows that will be skipped:
//!
//! ```text
//! cargo run --release --features legacy-hashes --example import -- django users.json
//! ```
//!
//! The commands that make these files are in the manual, `src/manual/coming_from.md`. A table is read in `custom_postgres`.
#![allow(dead_code)] // a test reads the same files with the same readers

use std::collections::{BTreeMap, HashSet};
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use doorward::account::{ImportMark, ImportReport, ImportRow, ImportSource};
use doorward::hashing::{FastHash, FirebaseScrypt, HashParams, PasswordHash};
use doorward::mail::PrintingMailer;
use doorward::store::{BackendError, MemoryAttempts, MemoryUsers};
use doorward::{Auth, Operator, SignIn, SignInRequest, Site};
use serde_json::Value;

/// What goes wrong with a file, or the import.
pub type Failed = Box<dyn std::error::Error>;
/// The rows of a file.
pub type Rows = Result<Vec<ImportRow>, Failed>;

/// The rows of an export, and a journal of marks beside it. The journal must last as long as anyone may import the file again: it
/// keeps deleted people away.
pub struct Export {
    rows: Vec<ImportRow>,
    marks: Mutex<Marks>,
}

struct Marks {
    marks: BTreeMap<String, ImportMark>,
    journal: Option<File>,
}

impl Export {
    /// Rows with the marks of a journal; without a journal, they are forgotten with the value.
    pub fn open(rows: Vec<ImportRow>, journal: Option<&Path>) -> Result<Self, Failed> {
        let mut seen = HashSet::new();
        if let Some(row) = rows.iter().find(|row| !seen.insert(row.id())) {
            return Err(format!("two rows have the id {}", row.id()).into());
        }
        let mut marks = BTreeMap::new();
        let Some(path) = journal else { return Ok(Self { rows, marks: Mutex::new(Marks { marks, journal: None }) }) };
        let journal = OpenOptions::new().append(true).create(true).open(path)?;
        let mut text = std::fs::read_to_string(path)?;
        // A last line without its end was cut off by a crash, and could pass for another row's: that row is marked again.
        text.truncate(text.rfind('\n').map_or(0, |end| end + 1));
        journal.set_len(text.len() as u64)?;
        let known = [ImportMark::Held, ImportMark::TakenOver];
        for line in text.lines() {
            let Some((mark, id)) = line.split_once('\t') else { continue };
            if let Some(mark) = known.into_iter().find(|known| known.as_str() == mark) {
                marks.insert(id.to_owned(), mark);
            }
        }
        Ok(Self { rows, marks: Mutex::new(Marks { marks, journal: Some(journal) }) })
    }
}

#[doorward::async_trait]
impl ImportSource for Export {
    async fn next_page(
        &self,
        mark: Option<ImportMark>,
        after: Option<&str>,
        at_most: u32,
    ) -> Result<Vec<ImportRow>, BackendError> {
        let marks = &self.marks.lock().unwrap_or_else(PoisonError::into_inner).marks;
        let is_last = |row: &ImportRow| Some(row.id()) == after;
        let begin = self.rows.iter().position(is_last).map_or(0, |last| last + 1);
        let due = self.rows[begin..].iter().filter(|row| marks.get(row.id()).copied() == mark);
        Ok(due.take(at_most as usize).cloned().collect())
    }

    async fn mark(&self, ids: &[&str], mark: ImportMark) -> Result<(), BackendError> {
        let Marks { marks, journal } = &mut *self.marks.lock().unwrap_or_else(PoisonError::into_inner);
        let mut lines = String::new();
        for id in ids {
            if marks.get(*id) != Some(&ImportMark::TakenOver) {
                marks.insert((*id).to_owned(), mark);
                lines += &format!("{}\t{id}\n", mark.as_str());
            }
        }
        let Some(file) = journal else { return Ok(()) };
        file.write_all(lines.as_bytes()).and_then(|()| file.sync_data()).map_err(BackendError::unavailable)
    }
}

/// `python manage.py dumpdata auth.user`
fn django(text: &str) -> Rows {
    let row = |user: &Value| {
        let fields = &user["fields"];
        let row = ImportRow::new(&user["pk"], string(&fields["email"])).password_hash(string(&fields["password"]));
        row.deactivated(fields["is_active"] == false)
    };
    Ok(list(&serde_json::from_str(text)?)?.iter().map(row).collect())
}

/// `COPY (SELECT id, email, encrypted_password, confirmed_at FROM users) TO …`. Where your Devise is not `confirmable`, drop that
/// column.
fn devise(text: &str) -> Rows {
    table(text, b',', |row| {
        let hash = row("encrypted_password").filter(|_| row("confirmed_at").is_some());
        ImportRow::new(row("id").unwrap_or_default(), row("email").unwrap_or_default()).password_hash(hash)
    })
}

/// `SELECT Id, Email, EmailConfirmed, PasswordHash FROM AspNetUsers`
fn aspnet(text: &str) -> Rows {
    table(text, b',', |row| {
        let hash = row("PasswordHash").filter(|_| row("EmailConfirmed").as_deref() == Some("1"));
        ImportRow::new(row("Id").unwrap_or_default(), row("Email").unwrap_or_default()).password_hash(hash)
    })
}

/// `mysql --batch -e 'SELECT id, email, password FROM users'`, or the same columns in CSV.
fn laravel(text: &str) -> Rows {
    let has_tabs = text.lines().next().is_some_and(|header| header.contains('\t'));
    table(text, if has_tabs { b'\t' } else { b',' }, |row| {
        let hash = row("password").filter(|text| text != "NULL");
        ImportRow::new(row("id").unwrap_or_default(), row("email").unwrap_or_default()).password_hash(hash)
    })
}

/// `bin/kc.sh export --realm acme --users realm_file --file keycloak.json`
fn keycloak(text: &str) -> Rows {
    let realm: Value = serde_json::from_str(text)?;
    let people = list(&realm["users"])?.iter().filter(|user| user["serviceAccountClientId"].is_null());
    let rows = people.map(|user| {
        let is_password = |credential: &&Value| credential["type"] == "password";
        let password = user["credentials"].as_array().and_then(|all| all.iter().find(is_password));
        let hash = password.map(keycloak_hash).filter(|_| user["emailVerified"] == true);
        let row = ImportRow::new(string(&user["id"]), string(&user["email"])).password_hash(hash);
        let row = row.deactivated(user["enabled"] == false);
        let asked = user["requiredActions"].as_array().is_some_and(|all| all.iter().any(|it| it == "UPDATE_PASSWORD"));
        if asked { row.require_password_change() } else { row }
    });
    Ok(rows.collect())
}

/// Keycloak stores the fields of a hash apart. Where they cannot be read, their description stands in for a hash, so that the report
/// names the row.
fn keycloak_hash(credential: &Value) -> String {
    let (data, secret) = (string(&credential["credentialData"]), string(&credential["secretData"]));
    PasswordHash::from_keycloak(&data, &secret).map_or(data, |hash| hash.as_str().to_owned())
}

/// `wp user list --fields=ID,user_email,user_pass --format=csv`
fn wordpress(text: &str) -> Rows {
    table(text, b',', |row| {
        let hash = row("user_pass").map(slow);
        ImportRow::new(row("ID").unwrap_or_default(), row("user_email").unwrap_or_default()).password_hash(hash)
    })
}

/// A fast hash, here MD5 of very old versions, becomes one inside Argon2id. Any other text stays as it is.
fn slow(text: String) -> String {
    let wrapped = FastHash::parse(&text).ok().and_then(|fast| fast.wrap(HashParams::default()).ok());
    wrapped.map_or(text, |hash| hash.as_str().to_owned())
}

/// The export of password hashes that Auth0's support sends: one JSON document a line.
fn auth0(text: &str) -> Rows {
    let row = |line: &str| {
        let user: Value = serde_json::from_str(line)?;
        // Ids that a custom database or the Management API gave stand apart, and so does the address in some documents.
        let id = user["alt_id"].as_str().or(user["_id"]["$oid"].as_str()).unwrap_or_default();
        let listed = user["identifiers"].as_array().and_then(|all| all.iter().find(|it| it["type"] == "email"));
        let (email, verified) = match (user["email"].as_str(), listed) {
            (None, Some(listed)) => (string(&listed["value"]), &listed["verified"]),
            (email, _) => (email.unwrap_or_default().to_owned(), &user["email_verified"]),
        };
        let hash = user["passwordHash"].as_str().map(str::to_owned).filter(|_| *verified == true);
        Ok(ImportRow::new(format!("auth0|{id}"), email).password_hash(hash))
    };
    text.lines().filter(|line| !line.is_empty()).map(row).collect()
}

/// `firebase auth:export firebase.json --format=json`, with the project's parameters added as `hashConfig`.
fn firebase(text: &str) -> Rows {
    let export: Value = serde_json::from_str(text)?;
    let project = &export["hashConfig"];
    let scrypt = if project.is_null() { None } else { Some(firebase_scrypt(project)?) };
    let hash = |user: &Value| {
        let text = user["passwordHash"].as_str()?;
        // Without the parameters, and where it is damaged, the import says that it cannot be read.
        let hash = scrypt.as_ref().and_then(|scrypt| scrypt.hash(text, &string(&user["salt"])).ok());
        Some(hash.map_or(text.to_owned(), |hash| hash.as_str().to_owned()))
    };
    let row = |user: &Value| {
        let hash = hash(user).filter(|_| user["emailVerified"] == true);
        let row = ImportRow::new(string(&user["localId"]), string(&user["email"])).password_hash(hash);
        row.deactivated(user["disabled"] == true)
    };
    Ok(list(&export["users"])?.iter().map(row).collect())
}

fn firebase_scrypt(project: &Value) -> Result<FirebaseScrypt, Failed> {
    let number = |name: &str| project[name].as_u64().ok_or_else(|| format!("hashConfig needs the number {name}"));
    let (rounds, mem_cost) = (number("rounds")?.try_into()?, number("mem_cost")?.try_into()?);
    let text = |name: &str| string(&project[name]);
    Ok(FirebaseScrypt::new(&text("base64_signer_key"), &text("base64_salt_separator"), rounds, mem_cost)?)
}

fn string(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn list(value: &Value) -> Result<&Vec<Value>, Failed> {
    value.as_array().ok_or_else(|| "a list was expected: is it a file of this system?".into())
}

/// The rows of a file with a header. Empty fields are none.
fn table(text: &str, delimiter: u8, row: impl Fn(&dyn Fn(&str) -> Option<String>) -> ImportRow) -> Rows {
    let quoting = delimiter == b',';
    let mut reader = csv::ReaderBuilder::new().delimiter(delimiter).quoting(quoting).from_reader(text.as_bytes());
    let columns = reader.headers()?.clone();
    if columns.len() < 2 {
        return Err("a header with the names of columns was expected: is it a file of this system?".into());
    }
    let field = |record: &csv::StringRecord, name: &str| {
        let nth = columns.iter().position(|column| column == name)?;
        record.get(nth).filter(|text| !text.is_empty()).map(str::to_owned)
    };
    reader.records().map(|record| record.map(|record| row(&|name| field(&record, name))).map_err(Into::into)).collect()
}

/// Reads the text of a file.
pub type Reader = fn(&str) -> Rows;

/// Each system with its reader, and the name of its file in `examples/exports`.
pub const SYSTEMS: [(&str, Reader, &str); 8] = [
    ("django", django, "django.json"),
    ("devise", devise, "devise.csv"),
    ("aspnet", aspnet, "aspnet.csv"),
    ("laravel", laravel, "laravel.tsv"),
    ("keycloak", keycloak, "keycloak.json"),
    ("wordpress", wordpress, "wordpress.csv"),
    ("auth0", auth0, "auth0.ndjson"),
    ("firebase", firebase, "firebase.json"),
];

/// A host whose accounts live as long as the program. Yours has a store of its own here.
async fn host() -> Result<(Auth, Operator), Failed> {
    let site = Site::new("Acme", "https://acme.example", "help@acme.example")?;
    let builder = Auth::builder(site, MemoryUsers::new(), MemoryAttempts::new(), PrintingMailer)
        .background(|work| drop(tokio::spawn(work)))
        .configure(|config| config.hashing.legacy = true);
    Ok(builder.build_with_operator()?)
}

/// Imports an export, and says how it went.
pub async fn import(operator: &Operator, export: &Export) -> Result<ImportReport, Failed> {
    let run = operator.import_from(export).on_progress(|so_far| eprintln!("{} rows", so_far.read));
    let report = run.run().await?;
    println!("{report}");
    for row in &report.rows {
        println!("  {row}");
    }
    Ok(report)
}

async fn rehearse(system: &str, file: &str) -> Result<(), Failed> {
    let known = SYSTEMS.iter().find(|(name, ..)| *name == system);
    let (_, read, _) =
        known.ok_or("the systems are django, devise, aspnet, laravel, keycloak, wordpress, auth0, firebase")?;
    let (auth, operator) = host().await?;
    let _report = import(&operator, &Export::open(read(&std::fs::read_to_string(file)?)?, None)?).await?;
    auth.close().await;
    Ok(())
}

/// Reads the made-up exports, each into a host of its own.
pub async fn show() -> Result<(), Failed> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/exports");
    let journals = std::env::temp_dir().join(format!("doorward-import-{}", std::process::id()));
    std::fs::create_dir_all(&journals)?;
    for (system, read, file) in SYSTEMS {
        println!("\n{system}");
        let (auth, operator) = host().await?;
        let open = || Export::open(read(&std::fs::read_to_string(folder.join(file))?)?, Some(&journals.join(system)));
        let report = import(&operator, &open()?).await?;
        // As after a crash: the journal knows what was taken over.
        let again = operator.import_from(&open()?).run().await?;
        assert_eq!((again.read, again.imported + again.provisioned), (report.skipped, 0));
        if report.imported > 0 {
            // The owner signs in as before; the sign-in replaces the hash.
            let request = SignInRequest::new("ann@acme.example", "correct horse battery staple");
            assert!(matches!(auth.sign_in(request).await?, SignIn::Complete(_)));
            println!("  Ann signed in with her password of {system}");
        }
        auth.close().await;
    }
    std::fs::remove_dir_all(journals)?;
    Ok(())
}

fn main() -> Result<(), Failed> {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    tokio::runtime::Runtime::new()?.block_on(async {
        match arguments.as_slice() {
            [] => show().await,
            [system, file] => rehearse(system, file).await,
            _ => Err("usage: import [SYSTEM FILE]".into()),
        }
    })
}
