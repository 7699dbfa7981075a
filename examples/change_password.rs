//! Changing the password by giving the current one and a new one.

use doorward::{
    Auth, ChangePasswordError, Email, MemoryAttempts, MemoryUsers, PrintingMailer, ResumeError, SignIn, SignInRequest,
    SignedIn, Site,
};

async fn open_account(auth: &Auth, email: &str, password: &str) -> Result<SignedIn, Box<dyn std::error::Error>> {
    let account = auth.provision_revealing(Email::parse(email)?).await?;
    let request = SignInRequest::new(email, account.temporary_password.expose());
    let SignIn::PasswordChangeRequired(challenge) = auth.sign_in(request).await? else { return Err("not due".into()) };
    let SignIn::Complete(signed_in) = auth.choose_password(&challenge, password).await? else {
        return Err("more".into());
    };
    Ok(signed_in)
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let site = Site::new("Acme", "https://acme.example", "help@acme.example")?;
    let auth = Auth::builder(site, MemoryUsers::new(), MemoryAttempts::new(), PrintingMailer).build()?;

    pollster::block_on(async {
        let signed_in = open_account(&auth, "ann@acme.example", "a quiet morning in May").await?;
        let before = signed_in.session().clone();

        let wrong = auth.change_password(&signed_in, "not it", "rain on the roof at night").await;
        assert!(matches!(wrong, Err(ChangePasswordError::CurrentPasswordWrong)));

        // The next try has to wait a little, in a lane that no stranger reaches.
        let early = auth.change_password(&signed_in, "a quiet morning in May", "rain on the roof at night").await;
        let Err(ChangePasswordError::Throttled { retry_after }) = early else { return Err("too early".into()) };
        std::thread::sleep(retry_after);

        let signed_in = auth.change_password(&signed_in, "a quiet morning in May", "rain on the roof at night").await?;
        // The acting session goes on under the new `SignedIn`; every other one has ended.
        assert!(auth.resume(signed_in.session()).await.is_ok());
        assert!(matches!(auth.resume(&before).await, Err(ResumeError::SessionEnded)));
        Ok(())
    })
}
