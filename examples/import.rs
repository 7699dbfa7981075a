//! Taking over the accounts of another system, with their password hashes.
use doorward::{Auth, Email, Import, MemoryAttempts, MemoryUsers, PasswordHash, PrintingMailer, SignInRequest, Site};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    pollster::block_on(async {
        let site = Site::new("Acme", "https://acme.example", "help@acme.example")?;
        let auth = Auth::builder(site, MemoryUsers::new(), MemoryAttempts::new(), PrintingMailer).build()?;

        // A row of the old table. Hashes of bcrypt, scrypt, PBKDF2, Django and ASP.NET take the feature `legacy-hashes`.
        let (address, text) = (
            "ann@acme.example",
            "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc",
        );
        let imported = auth.import_user(Import::new(Email::parse(address)?, PasswordHash::parse(text)?)).await?;
        println!("{} by {}, risks: {:?}", imported.user_id, imported.scheme.as_str(), imported.risks);

        // The owner signs in as before; the hash is replaced by a new one on the way.
        auth.sign_in(SignInRequest::new(address, "password")).await?;

        // A text that is no hash is refused before anything is stored.
        assert!(PasswordHash::parse("5f4dcc3b5aa765d61d8327deb882cf99").is_err());
        Ok(())
    })
}
