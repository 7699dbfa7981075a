//! Importing accounts from another system, with their password hashes.
use doorward::account::Import;
use doorward::hashing::PasswordHash;
use doorward::mail::PrintingMailer;
use doorward::store::{MemoryAttempts, MemoryUsers};
use doorward::{Auth, Email, SignIn, SignInRequest, Site};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    tokio::runtime::Runtime::new()?.block_on(async {
        let site = Site::new("Acme", "https://acme.example", "help@acme.example")?;
        let (auth, operator) = Auth::builder(site, MemoryUsers::new(), MemoryAttempts::new(), PrintingMailer)
            .background(|work| drop(tokio::spawn(work)))
            .build_with_operator()?;

        // A row of the old table. Hashes by bcrypt, scrypt, PBKDF2, Django and ASP.NET need the feature `legacy-hashes` and the
        // setting `config.hashing.legacy`.
        let (address, text) = (
            "ann@acme.example",
            "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc",
        );
        let imported = operator.import_user(Import::new(Email::parse(address)?, PasswordHash::parse(text)?)).await?;
        let (scheme, risks) = (imported.scheme.as_str(), imported.risks);
        println!("{address} is now user {}, with a hash by {scheme}; its weaknesses: {risks:?}", imported.user_id);

        // The owner signs in as before; the sign-in replaces the hash.
        let step = auth.sign_in(SignInRequest::new(address, "password")).await?;
        assert!(matches!(step, SignIn::Complete(_)));
        println!("signed in with the old password; its hash was replaced by one with the current parameters");

        // Text that is not a hash is rejected before anything is stored; so is bcrypt, with the name of the missing feature.
        let refused = PasswordHash::parse("5f4dcc3b5aa765d61d8327deb882cf99").unwrap_err();
        println!("not imported: {refused}");
        // Finishes background work, such as mails, before the process ends.
        auth.close().await;
        Ok(())
    })
}
