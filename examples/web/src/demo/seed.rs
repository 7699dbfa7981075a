use doorward::Email;
use doorward::account::Import;
use doorward::error::{ImportError, ProvisionError};
use doorward::hashing::PasswordHash;
use doorward::store::UserDirectory;

use crate::app::App;
use crate::tables::Profile;

/// A demo account that exists from the start.
pub struct Seeded {
    pub email: &'static str,
    pub about: &'static str,
    past: Option<Past>,
}

/// Imported data of an account that has existed for a while, as if from an older system.
struct Past {
    name: &'static str,
    operator: bool,
    password: &'static str,
    hash: &'static str,
}

impl Seeded {
    /// `None` if no password has been chosen yet.
    pub fn password(&self) -> Option<&'static str> {
        self.past.as_ref().map(|past| past.password)
    }
}

pub const SEEDED: [Seeded; 3] = [
    Seeded { email: "ann@acme.example", about: "new: the first password was mailed", past: None },
    Seeded {
        email: "ben@acme.example",
        about: "existing user",
        past: Some(Past {
            name: "Ben",
            operator: false,
            password: "a quiet morning in May",
            hash: "$argon2id$v=19$m=19456,t=2,p=1$/5ysjoZ6iIeSnlTwPjGhIQ$UyjjTsY8ukPnOX17zMiXyB6r2j6UuUeIJXP47l/WA9A",
        }),
    },
    Seeded {
        email: "olga@acme.example",
        about: "operator",
        past: Some(Past {
            name: "Olga",
            operator: true,
            password: "rain on the roof at night",
            hash: "$argon2id$v=19$m=19456,t=2,p=1$v0VUeC14T8KDieT4XIOGKg$ETbNbGnBIYNZFxa//2rPywILzGtxYmYqz8nK2Jg5kQA",
        }),
    },
];

/// Creates missing demo accounts and marks the file: their passwords are public, so only a demo may use it. A file with other
/// accounts and no mark belongs to a real application and is left alone.
pub async fn seed(app: &App) -> Result<(), Box<dyn std::error::Error>> {
    if app.tables.setting("demo").await?.is_none() {
        let others = app.store.count().await?;
        if others.active + others.deactivated > 0 {
            return Err("this file contains accounts of a real application".into());
        }
        app.tables.set("demo", "yes").await?;
    }
    for seeded in &SEEDED {
        let email = Email::parse(seeded.email)?;
        let Some(past) = &seeded.past else {
            match app.operator.provision(email).await {
                Ok(_) | Err(ProvisionError::EmailTaken) => continue,
                Err(error) => return Err(error.into()),
            }
        };
        let user = match app.operator.import_user(Import::new(email, PasswordHash::parse(past.hash)?)).await {
            Ok(imported) => imported.user_id,
            Err(ImportError::EmailTaken) => continue,
            Err(error) => return Err(error.into()),
        };
        let profile = Profile { name: past.name.to_owned(), operator: past.operator };
        app.tables.keep_profile(&user, &profile).await?;
    }
    Ok(())
}
