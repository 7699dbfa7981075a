//! Devices: browsers that have signed in before.

use doorward::error::ResumeError;
use doorward::mail::PrintingMailer;
use doorward::store::{MemoryAttempts, MemoryUsers};
use doorward::{Auth, Email, SignIn, SignInRequest, Site};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let site = Site::new("Acme", "https://acme.example", "help@acme.example")?;
    let (auth, operator) = Auth::builder(site, MemoryUsers::new(), MemoryAttempts::new(), PrintingMailer)
        .background(|work| drop(tokio::spawn(work)))
        .build_with_operator()?;

    tokio::runtime::Runtime::new()?.block_on(async {
        let ann = operator.provision_without_mail(Email::parse("ann@acme.example")?).await?;
        let request = SignInRequest::new("ann@acme.example", ann.temporary_password.expose());
        let SignIn::PasswordChangeRequired(challenge) = auth.sign_in(request).await? else {
            return Err("not due".into());
        };
        let SignIn::Complete(desk) = auth.choose_password(&challenge, "a quiet morning in May").await? else {
            return Err("more".into());
        };
        // The device cookie outlives the session. It signs nobody in; no failures of others delay a sign-in with it.
        let device_cookie = desk.device_token().ok_or("there is room for it")?.expose();
        auth.sign_out(&desk).await?;
        let request = SignInRequest::new("ann@acme.example", "a quiet morning in May").device(&device_cookie);
        let SignIn::Complete(desk) = auth.sign_in(request).await? else { return Err("more".into()) };

        let request = SignInRequest::new("ann@acme.example", "a quiet morning in May");
        let SignIn::Complete(phone) = auth.sign_in(request).await? else { return Err("more".into()) };
        assert_eq!(auth.devices(&desk).await?.len(), 2);

        // Revoking a device ends its sessions and forgets it.
        let lost = phone.session().device.ok_or("there is room for it")?;
        auth.revoke_device(&desk, lost).await?;
        assert!(matches!(auth.resume(&phone.token().expose()).await, Err(ResumeError::SessionEnded)));
        println!("{} device is left", auth.devices(&desk).await?.len());
        // Finishes background work, such as mails, before the process ends.
        auth.close().await;
        Ok(())
    })
}
