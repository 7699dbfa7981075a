//! Two-factor sign-in, as in Settings › My password and security: on, new recovery codes, off.
use doorward::error::EnrollmentError;
use doorward::mail::PrintingMailer;
use doorward::second_factor::SecondFactorStatus;
use doorward::store::{MemoryAttempts, MemoryUsers};
use doorward::{Auth, Email, Keyring, SignIn, SignInRequest, Site};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    tokio::runtime::Runtime::new()?.block_on(async {
        let site = Site::new("Acme", "https://acme.example", "help@acme.example")?;
        // The key comes from outside the store; here it is made up.
        let keyring = Keyring::new("2026-11", std::array::from_fn(|index| index as u8))?;
        let (auth, operator) = Auth::builder(site, MemoryUsers::new(), MemoryAttempts::new(), PrintingMailer)
            .background(|work| drop(tokio::spawn(work)))
            .keyring(keyring)
            .build_with_operator()?;
        let ann = operator.provision_without_mail(Email::parse("ann@acme.example")?).await?;
        let request = SignInRequest::new("ann@acme.example", ann.temporary_password.expose());
        let SignIn::PasswordChangeRequired(challenge) = auth.sign_in(request).await? else { return Ok(()) };
        let SignIn::Complete(ann) = auth.choose_password(&challenge, "a quiet morning in May").await? else {
            return Ok(());
        };

        // Show the QR code (feature `qr`) or the key, and ask for a code.
        let enrollment = auth.begin_enrollment(&ann).await?;
        println!("type this key into your app: {}", enrollment.key());

        // A wrong code changes nothing, and what was begun can still be confirmed.
        assert!(matches!(auth.confirm_enrollment(&ann, "no code").await, Err(EnrollmentError::CodeMalformed)));

        // This is the app.
        let app = totp_rs::Totp::from_url(enrollment.uri())?;
        let code = app.generate(time::OffsetDateTime::now_utc().unix_timestamp() as u64).to_string();
        let (ann, recovery_codes) = auth.confirm_enrollment(&ann, &code).await?;
        recovery_codes.expose().for_each(|code| println!("keep this one: {code}"));
        assert!(matches!(auth.second_factor(&ann).await?, SecondFactorStatus::On { recovery_codes_left: 10, .. }));

        // The code above is fresh enough for what follows; after five minutes `StepUpRequired` asks for another.
        let (ann, new_codes) = auth.regenerate_recovery_codes(&ann).await?;
        println!("{} new recovery codes took their place", new_codes.expose().count());
        let ann = auth.disable_second_factor(&ann).await?;
        println!("the second factor is off, and {} goes on under this session", ann.email().as_typed());
        // What is left for after the answers, mails, is done before the process ends.
        auth.close().await;
        Ok(())
    })
}
