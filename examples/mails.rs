//! Writes every mail as a text file and as HTML, for review: `cargo run --example mails [folder]`.
//!
//! They contain made-up passwords and links. To use your own catalogue, pass it to each mail with `in_words_of`.

use std::path::PathBuf;
use std::{env, fs};

use doorward::Site;
use doorward::mail::Mail;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = env::args_os().nth(1).map_or_else(|| PathBuf::from("target/mails"), PathBuf::from);
    fs::create_dir_all(&folder)?;
    let site = Site::new("Acme", "https://acme.example", "help@acme.example")?;
    for (index, mail) in Mail::previews(&site).into_iter().enumerate() {
        // Numbered, because some kinds appear several times, worded differently by value.
        let name = format!("{:02}_{}", index + 1, mail.kind().name());
        fs::write(folder.join(&name).with_extension("txt"), format!("Subject: {}\n\n{}", mail.subject(), mail.text()))?;
        fs::write(folder.join(&name).with_extension("html"), mail.html())?;
        println!("{}  {}", folder.join(&name).with_extension("html").display(), mail.subject());
    }
    println!("written to {}, each as HTML and as text", fs::canonicalize(folder)?.display());
    Ok(())
}
