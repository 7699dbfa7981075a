//! A second factor, as in Settings › My password and security: turn it on, create new recovery codes, turn it off.
use doorward::error::EnrollmentError;
use doorward::mail::PrintingMailer;
use doorward::second_factor::SecondFactorStatus;
use doorward::store::{MemoryAttempts, MemoryUsers};
use doorward::{Auth, Email, Keyring, SignIn, SignInRequest, Site};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    tokio::runtime::Runtime::new()?.block_on(async {
        let site = Site::new("Acme", "https://acme.example", "help@acme.example")?;
        // Keep the key outside the store; this one is made up.
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
        println!("enter this key in your app: {}", enrollment.key());

        // A wrong code changes nothing; the enrollment can still be confirmed.
        assert!(matches!(auth.confirm_enrollment(&ann, "no code").await, Err(EnrollmentError::CodeMalformed)));

        // Stands in for the app.
        let app = totp_rs::Totp::from_url(enrollment.uri())?;
        let code = app.generate(time::OffsetDateTime::now_utc().unix_timestamp() as u64).to_string();
        let (ann, recovery_codes) = auth.confirm_enrollment(&ann, &code).await?;
        recovery_codes.expose().for_each(|code| println!("save this code: {code}"));
        assert!(matches!(auth.second_factor(&ann).await?, SecondFactorStatus::On { recovery_codes_left: 10, .. }));

        // The code above is recent enough for the next calls; after five minutes `StepUpRequired` asks for another.
        let (ann, new_codes) = auth.regenerate_recovery_codes(&ann).await?;
        println!("replaced by {} new recovery codes", new_codes.expose().count());
        let ann = auth.disable_second_factor(&ann).await?;
        println!("the second factor is off, and {} continues with this session", ann.email().as_typed());
        // Finishes background work, such as mails, before the process ends.
        auth.close().await;
        Ok(())
    })
}
