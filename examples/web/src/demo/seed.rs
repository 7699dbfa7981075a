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
    name: &'static str,
    operator: bool,
    /// With its hash, as if imported from an older system; `None` if no password has been chosen yet.
    pub password: Option<(&'static str, &'static str)>,
}

pub const SEEDED: [Seeded; 3] = [
    Seeded {
        email: "ann@acme.example",
        about: "new: the first password was mailed",
        name: "",
        operator: false,
        password: None,
    },
    Seeded {
        email: "ben@acme.example",
        about: "existing user",
        name: "Ben",
        operator: false,
        password: Some((
            "a quiet morning in May",
            "$argon2id$v=19$m=19456,t=2,p=1$/5ysjoZ6iIeSnlTwPjGhIQ$UyjjTsY8ukPnOX17zMiXyB6r2j6UuUeIJXP47l/WA9A",
        )),
    },
    Seeded {
        email: "olga@acme.example",
        about: "operator",
        name: "Olga",
        operator: true,
        password: Some((
            "rain on the roof at night",
            "$argon2id$v=19$m=19456,t=2,p=1$v0VUeC14T8KDieT4XIOGKg$ETbNbGnBIYNZFxa//2rPywILzGtxYmYqz8nK2Jg5kQA",
        )),
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
        app.tables.set("demo", b"yes").await?;
    }
    for seeded in &SEEDED {
        let email = Email::parse(seeded.email)?;
        let Some((_, hash)) = seeded.password else {
            match app.operator.provision(email).await {
                Ok(_) | Err(ProvisionError::EmailTaken) => continue,
                Err(error) => return Err(error.into()),
            }
        };
        let user = match app.operator.import_user(Import::new(email, PasswordHash::parse(hash)?)).await {
            Ok(imported) => imported.user_id,
            Err(ImportError::EmailTaken) => continue,
            Err(error) => return Err(error.into()),
        };
        let profile = Profile { name: seeded.name.to_owned(), operator: seeded.operator };
        app.tables.keep_profile(&user, &profile).await?;
    }
    Ok(())
}
