use doorward::{Auth, Email, SignIn, SignInRequest};

use crate::app::App;
use crate::tables::Profile;

/// Who is there from the start, and with which password; nobody's is chosen for somebody who is to choose it.
pub struct Seeded {
    pub email: &'static str,
    pub password: Option<&'static str>,
    pub about: &'static str,
}

pub const SEEDED: [Seeded; 3] = [
    Seeded { email: "ann@acme.example", password: None, about: "is new: the first password is in the mailbox" },
    Seeded { email: "ben@acme.example", password: Some("a quiet morning in May"), about: "has been here for a while" },
    Seeded { email: "olga@acme.example", password: Some("rain on the roof at night"), about: "is the operator" },
];

/// Opens the accounts that are not there yet.
pub async fn seed(app: &App) -> Result<(), Box<dyn std::error::Error>> {
    let mut newcomers = Vec::new();
    for seeded in SEEDED {
        let email = Email::parse(seeded.email)?;
        let Some(password) = seeded.password else {
            newcomers.push(email);
            continue;
        };
        let Ok(opened) = app.auth.provision_revealing(email).await else { continue };
        choose(&app.auth, seeded.email, opened.temporary_password.expose(), password).await?;
        let operator = seeded.email.starts_with("olga");
        let name = if operator { "Olga" } else { "Ben" }.to_owned();
        app.tables.keep_profile(&opened.user_id, &Profile { name, operator }).await?;
    }
    // What happened on the way is no news to anybody.
    app.mailbox.clear();
    app.activity.clear();
    for email in newcomers {
        // It is there already on a second start.
        drop(app.auth.provision(email).await);
    }
    Ok(())
}

async fn choose(auth: &Auth, email: &str, temporary: &str, password: &str) -> Result<(), Box<dyn std::error::Error>> {
    let SignIn::PasswordChangeRequired(challenge) = auth.sign_in(SignInRequest::new(email, temporary)).await? else {
        return Err("no choice of a password was asked for".into());
    };
    // Nobody sits at a browser here, so none is remembered.
    if let SignIn::Complete(signed_in) = auth.choose_password(&challenge, password).await?
        && let Some(device) = signed_in.session().device()
    {
        auth.revoke_device(&signed_in, device).await?;
    }
    Ok(())
}
