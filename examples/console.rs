//! A sign-in system in a terminal: type `help`, or pipe in a script.
//!
//! Mails are printed. `$password` and `$link` stand for those in the last mail, and `$code` for the next code of the most
//! recently set up authenticator app, so this script covers the whole flow:
//!
//! ```text
//! provision ann@acme.example
//! sign-in ann@acme.example $password
//! choose a quiet morning in May
//! sign-out
//! forgot ann@acme.example
//! confirm $link
//! sign-in ann@acme.example $password
//! choose rain on the roof at night
//! who
//! app
//! confirm-app $code
//! sign-out
//! sign-in ann@acme.example rain on the roof at night
//! code $code
//! who
//! sign-out
//! register ben@acme.example
//! open $link an apple on the sill
//! move ben@new.example
//! confirm-move $link
//! take-back $link
//! sign-in ben@acme.example $password
//! choose the pear is on the table
//! export
//! leave
//! keep $link
//! ```

use std::io::{self, BufRead, IsTerminal, Write};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use doorward::config::{BackgroundWork, Hold, RegistrationMode};
use doorward::mail::{Mail, MailKind, PrintingMailer};
use doorward::store::{BackendError, MemoryAttempts, MemoryUsers};
use doorward::{
    Auth, AuthError, Challenge, Email, Keyring, Mailer, Operator, SignIn, SignInRequest, SignedIn, Site, UserId,
    UserRepository,
};

const HELP: &str = "\
  provision EMAIL            create an account and mail its first password
  resend EMAIL               mail a new first password
  correct EMAIL NEW-EMAIL    correct a mistyped address before the first sign-in
  sign-in EMAIL PASSWORD     sign in with your own or a temporary password
  choose NEW-PASSWORD        choose a password, when the sign-in asks for one
  rules                      show the password rules
  who                        show who is signed in
  change OLD NEW             change the password (quote it if it has spaces: \"like this\")
  app                        set up an authenticator app and show its key
  confirm-app CODE           turn on the second factor with a code from the app
  code CODE                  enter a code, when the sign-in asks for one; a recovery code works too
  app-off                    turn off the second factor
  devices                    list the account's devices
  sign-out-others            end every other session
  sign-out                   end this session
  forgot EMAIL [EMAIL]       request a reset mail (the second entry must be the same address)
  confirm LINK               confirm a reset and mail a temporary password
  register EMAIL             ask for an account of your own
  open LINK PASSWORD         open it by the mailed link
  move NEW-EMAIL             ask for another address
  confirm-move LINK          change to it by the mailed link
  take-back LINK             get the old address back by the link that was mailed there
  export                     show everything that is stored of you
  leave                      delete your account, after 14 days
  keep LINK                  keep it after all, by the mailed link
  deactivate | reactivate | require-change | compromised | lost-app | delete EMAIL
  quit
You are asked for missing arguments. $password and $link come from the last mail, $code is the app's next code.";

/// Prints mails, and remembers the last password and link.
#[derive(Clone, Debug, Default)]
struct Mailbox(Arc<Mutex<Carried>>);

#[derive(Debug, Default)]
struct Carried {
    password: Option<String>,
    link: Option<String>,
}

#[doorward::async_trait]
impl Mailer for Mailbox {
    async fn send(&self, to: &Email, mail: &Mail) -> Result<(), BackendError> {
        {
            let mut carried = self.0.lock().unwrap();
            match mail.kind() {
                MailKind::Welcome { temporary_password, .. }
                | MailKind::TemporaryPassword { temporary_password, .. } => {
                    carried.password = Some(temporary_password.expose().to_owned());
                }
                MailKind::ConfirmReset { link, .. }
                | MailKind::ConfirmRegistration { link, .. }
                | MailKind::ConfirmEmailChange { link, .. }
                | MailKind::EmailChanged { link, .. }
                | MailKind::DeletionRequested { link, .. } => carried.link = Some(link.expose().to_owned()),
                _ => {}
            }
        }
        PrintingMailer.send(to, mail).await
    }
}

struct Console {
    auth: Auth,
    operator: Operator,
    users: Arc<MemoryUsers>,
    mailbox: Mailbox,
    after_the_answer: Receiver<BackgroundWork>,
    /// Stands in for a browser's cookies.
    signed_in: Option<SignedIn>,
    challenge: Option<Challenge>,
    device: Option<String>,
    app: Option<App>,
}

/// The authenticator app on the user's phone.
struct App {
    totp: totp_rs::Totp,
    last_shown: u64,
}

impl App {
    /// Each TOTP step's code works once, so this returns the code of the first step not shown yet.
    fn next_code(&mut self) -> String {
        let now = u64::try_from(time::OffsetDateTime::now_utc().unix_timestamp()).unwrap_or(0);
        self.last_shown = now.max(self.last_shown + 30);
        self.totp.generate(self.last_shown).to_string()
    }
}

/// The message to print when a command fails.
struct Sorry(String);

impl From<io::Error> for Sorry {
    fn from(error: io::Error) -> Self {
        Self(error.to_string())
    }
}

impl Console {
    fn open() -> Result<Self, Box<dyn std::error::Error>> {
        let site = Site::new("Acme", "https://acme.example", "help@acme.example")?;
        let (users, mailbox) = (Arc::new(MemoryUsers::new()), Mailbox::default());
        let (later, after_the_answer) = channel();
        let (auth, operator) = Auth::builder(site, users.clone(), MemoryAttempts::new(), mailbox.clone())
            .background(move |work| drop(later.send(work)))
            // A fixed key is fine here: nothing outlives the process.
            .keyring(Keyring::new("console", std::array::from_fn(|index| index as u8))?)
            .configure(|config| config.registration.mode = RegistrationMode::Open)
            // A terminal has a single user, so a wait may block the thread.
            .hold(Hold::up_to(Duration::from_secs(10), |wait| async move { std::thread::sleep(wait) }))
            .build_with_operator()?;
        Ok(Self {
            auth,
            operator,
            users,
            mailbox,
            after_the_answer,
            signed_in: None,
            challenge: None,
            device: None,
            app: None,
        })
    }

    fn sorry(&self, failure: &dyn AuthError) -> Sorry {
        let refusal = self.auth.error_response(failure);
        let wait = refusal.retry_after.map(|wait| format!(" (in {:.1} s)", wait.as_secs_f64())).unwrap_or_default();
        Sorry(format!("{}{wait}\n  Help: {}", refusal.message, refusal.support))
    }

    fn run(&mut self, line: &str) -> Result<String, Sorry> {
        let words = words(&self.filled_in(line)?);
        let Some((command, arguments)) = words.split_first() else { return Ok(String::new()) };
        let mut arguments = Arguments(arguments.to_vec());
        match command.as_str() {
            "help" => Ok(HELP.to_owned()),
            "provision" => {
                let email = email(&arguments.last("Email")?)?;
                let opened = pollster::block_on(self.operator.provision(email)).map_err(|error| self.sorry(&error))?;
                Ok(format!("Account {} was created. Read the mail, then: sign-in EMAIL $password", opened.user_id))
            }
            "resend" => {
                let user = self.user(&arguments.last("Email")?)?;
                pollster::block_on(self.operator.resend_welcome(&user)).map_err(|error| self.sorry(&error))?;
                Ok("A new first password was mailed.".to_owned())
            }
            "correct" => {
                let user = self.user(&arguments.next("Email")?)?;
                let to = email(&arguments.last("New email")?)?;
                pollster::block_on(self.operator.correct_email(&user, to)).map_err(|error| self.sorry(&error))?;
                Ok("The address was corrected, and a new first password was mailed there.".to_owned())
            }
            "sign-in" => {
                let (email, password) = (arguments.next("Email")?, arguments.last("Password")?);
                let request = SignInRequest::new(&email, &password).device(self.device.as_deref().unwrap_or_default());
                let outcome = pollster::block_on(self.auth.sign_in(request)).map_err(|error| self.sorry(&error))?;
                Ok(self.step(outcome))
            }
            "choose" => {
                let Some(challenge) = self.challenge.clone() else {
                    return Err(Sorry("Please sign in first: sign-in EMAIL PASSWORD".to_owned()));
                };
                let new = arguments.last("New password")?;
                let outcome = pollster::block_on(self.auth.choose_password(&challenge, &new));
                let outcome = outcome.map_err(|error| self.sorry(&error))?;
                Ok(self.step(outcome))
            }
            "rules" => Ok(self.rules()),
            "who" => {
                let signed_in = self.resumed()?;
                Ok(format!("{} ({})", signed_in.email().as_typed(), signed_in.user_id()))
            }
            "change" => {
                let signed_in = self.resumed()?;
                let (old, new) = (arguments.next("Current password")?, arguments.last("New password")?);
                let changed = pollster::block_on(self.auth.change_password(&signed_in, &old, &new));
                let changed = changed.map_err(|error| self.sorry(&error))?;
                self.enter(changed);
                Ok("Password changed. Every other session has ended.".to_owned())
            }
            "app" => {
                let signed_in = self.resumed()?;
                let begun =
                    pollster::block_on(self.auth.begin_enrollment(&signed_in)).map_err(|error| self.sorry(&error))?;
                let totp = totp_rs::Totp::from_url(begun.uri()).map_err(|error| Sorry(error.to_string()))?;
                self.app = Some(App { totp, last_shown: 0 });
                Ok(format!("Enter this key in the app: {}\nThen: confirm-app $code", begun.key()))
            }
            "confirm-app" => {
                let (signed_in, code) = (self.resumed()?, arguments.last("Code")?);
                let confirmed = pollster::block_on(self.auth.confirm_enrollment(&signed_in, &code));
                let (signed_in, recovery_codes) = confirmed.map_err(|error| self.sorry(&error))?;
                self.enter(signed_in);
                let codes: Vec<_> = recovery_codes.expose().map(|code| format!("  {code}")).collect();
                Ok(format!("The second factor is on. Save these codes in case you lose the app:\n{}", codes.join("\n")))
            }
            "code" => {
                let Some(challenge) = self.challenge.clone() else {
                    return Err(Sorry("Please sign in first: sign-in EMAIL PASSWORD".to_owned()));
                };
                let outcome = pollster::block_on(self.auth.verify_second_factor(&challenge, &arguments.last("Code")?));
                let outcome = outcome.map_err(|error| self.sorry(&error))?;
                Ok(self.step(outcome))
            }
            "app-off" => {
                let signed_in = self.resumed()?;
                let outcome = pollster::block_on(self.auth.disable_second_factor(&signed_in));
                self.enter(outcome.map_err(|error| self.sorry(&error))?);
                Ok("The second factor is off.".to_owned())
            }
            "devices" => {
                let signed_in = self.resumed()?;
                let devices = pollster::block_on(self.auth.devices(&signed_in)).map_err(|error| self.sorry(&error))?;
                let lines: Vec<_> =
                    devices.iter().map(|device| format!("{} last used {}", device.id, device.last_used_at)).collect();
                Ok(lines.join("\n"))
            }
            "sign-out-others" => {
                let signed_in = self.resumed()?;
                let outcome = pollster::block_on(self.auth.sign_out_others(&signed_in));
                self.enter(outcome.map_err(|error| self.sorry(&error))?);
                Ok("Every other session has ended.".to_owned())
            }
            "sign-out" => {
                self.signed_in = None;
                Ok("Signed out.".to_owned())
            }
            "forgot" => {
                let entered = arguments.next("Email")?;
                let repeated = if arguments.0.is_empty() { entered.clone() } else { arguments.last("Email again")? };
                let email =
                    Email::confirmed(&entered, &repeated).map_err(|error| Sorry(error.user_message().to_owned()))?;
                pollster::block_on(self.auth.request_reset(&email)).map_err(|error| self.sorry(&error))?;
                Ok("If there is such an account, a mail with a link is on its way. Then: confirm $link".to_owned())
            }
            "confirm" => {
                let link = arguments.last("Link")?;
                let token = link.split_once("token=").map_or(link.as_str(), |(_, token)| token);
                let confirmed =
                    pollster::block_on(self.auth.confirm_reset(token)).map_err(|error| self.sorry(&error))?;
                self.device = confirmed.device.map(|device| device.expose()).or(self.device.take());
                Ok("Confirmed. Read the mail, then: sign-in EMAIL $password".to_owned())
            }
            "deactivate" | "reactivate" | "require-change" | "compromised" | "lost-app" | "delete" => {
                let user = self.user(&arguments.last("Email")?)?;
                pollster::block_on(async {
                    match command.as_str() {
                        "deactivate" => self.operator.deactivate(&user).await,
                        "reactivate" => self.operator.reactivate(&user).await,
                        "require-change" => self.operator.require_password_change(&user).await,
                        "compromised" => self.operator.mark_compromised(&user).await,
                        "lost-app" => self.operator.reset_second_factor(&user, "requested at the console").await,
                        _ => self.operator.delete(&user).await,
                    }
                })
                .map_err(|error| self.sorry(&error))?;
                Ok("Done.".to_owned())
            }
            other => self.run_account(other, &mut arguments),
        }
    }

    /// What people do to their own accounts.
    fn run_account(&mut self, command: &str, arguments: &mut Arguments) -> Result<String, Sorry> {
        match command {
            "register" => {
                let email = email(&arguments.last("Email")?)?;
                let asked = pollster::block_on(self.auth.request_registration(email));
                asked.map_err(|error| self.sorry(&error))?;
                Ok("A mail says how to go on. With the link: open $link PASSWORD".to_owned())
            }
            "open" => {
                let (link, password) = (arguments.next("Link")?, arguments.last("Password")?);
                let outcome = pollster::block_on(self.auth.register(&link, &password));
                let outcome = outcome.map_err(|error| self.sorry(&error))?;
                Ok(self.step(outcome))
            }
            "move" => {
                let (signed_in, to) = (self.resumed()?, email(&arguments.last("New email")?)?);
                let asked = pollster::block_on(self.auth.request_email_change(&signed_in, to));
                asked.map_err(|error| self.sorry(&error))?;
                Ok("A link is on its way to that address. Then: confirm-move $link".to_owned())
            }
            "confirm-move" => {
                let (signed_in, link) = (self.resumed()?, arguments.last("Link")?);
                let moved = pollster::block_on(self.auth.confirm_email_change(&signed_in, &link));
                let moved = moved.map_err(|error| self.sorry(&error))?;
                let words = format!("Your address is {} now.", moved.email().as_typed());
                self.enter(moved);
                Ok(words)
            }
            "take-back" => {
                let undone = pollster::block_on(self.auth.undo_email_change(&arguments.last("Link")?));
                let _ = undone.map_err(|error| self.sorry(&error))?;
                self.signed_in = None;
                Ok("The old address is back. Read the mail, then: sign-in EMAIL $password".to_owned())
            }
            "export" => {
                let signed_in = self.resumed()?;
                pollster::block_on(self.auth.export(&signed_in, None)).map_err(|error| self.sorry(&error))
            }
            "leave" => {
                let signed_in = self.resumed()?;
                let asked = pollster::block_on(self.auth.request_deletion(&signed_in));
                let _ = asked.map_err(|error| self.sorry(&error))?;
                self.signed_in = None;
                Ok("Your account is closed. To keep it after all: keep $link".to_owned())
            }
            "keep" => {
                let kept = pollster::block_on(self.auth.undo_deletion(&arguments.last("Link")?));
                kept.map_err(|error| self.sorry(&error))?;
                Ok("Your account is as it was. Sign in again.".to_owned())
            }
            other => Err(Sorry(format!("Unknown command {other:?}. Type: help"))),
        }
    }

    /// Describes the next step of the sign-in.
    fn step(&mut self, outcome: SignIn) -> String {
        match outcome {
            SignIn::Complete(signed_in) => {
                let words = format!("Signed in as {}.", signed_in.email().as_typed());
                self.enter(signed_in);
                words
            }
            SignIn::SecondFactorRequired(challenge) => {
                self.challenge = Some(challenge);
                "Now enter a code from the app: code CODE".to_owned()
            }
            // Unreachable here: this console does not require a second factor.
            SignIn::EnrollmentRequired(_) => "Please set up an authenticator app first.".to_owned(),
            SignIn::PasswordChangeRequired(challenge) => {
                self.challenge = Some(challenge);
                format!("Now choose your own password: choose NEW-PASSWORD\n{}", self.rules())
            }
        }
    }

    fn enter(&mut self, signed_in: SignedIn) {
        self.device = signed_in.device_token().map(|device| device.expose()).or(self.device.take());
        self.challenge = None;
        self.signed_in = Some(signed_in);
    }

    fn rules(&self) -> String {
        let rules = self.auth.password_policy().rules();
        rules.iter().map(|rule| format!("  · {}", rule.text())).collect::<Vec<_>>().join("\n")
    }

    fn resumed(&self) -> Result<SignedIn, Sorry> {
        let Some(signed_in) = &self.signed_in else { return Err(Sorry("Nobody is signed in.".to_owned())) };
        pollster::block_on(self.auth.resume(&signed_in.token().expose())).map_err(|error| self.sorry(&error))
    }

    fn user(&self, typed: &str) -> Result<UserId, Sorry> {
        match pollster::block_on(self.users.find_by_email(&email(typed)?)) {
            Ok(Some(user)) => Ok(user.id().clone()),
            _ => Err(Sorry("There is no such account.".to_owned())),
        }
    }

    fn filled_in(&mut self, line: &str) -> Result<String, Sorry> {
        let carried = self.mailbox.0.lock().unwrap();
        let mut line = line.to_owned();
        if line.contains("$code") {
            let app = self.app.as_mut().ok_or_else(|| Sorry("No app is set up yet. Type: app".to_owned()))?;
            line = line.replace("$code", &app.next_code());
        }
        for (name, value) in [("$password", &carried.password), ("$link", &carried.link)] {
            if line.contains(name) {
                let value = value.as_ref().ok_or_else(|| Sorry(format!("No mail has contained a {name} yet.")))?;
                line = line.replace(name, value);
            }
        }
        Ok(line)
    }
}

fn email(typed: &str) -> Result<Email, Sorry> {
    Email::from_input(typed).map_err(|_| Sorry("Please enter one complete email address.".to_owned()))
}

/// The arguments of a command. The last one takes the rest of the line, so a password may have spaces.
struct Arguments(Vec<String>);

impl Arguments {
    fn next(&mut self, name: &str) -> Result<String, Sorry> {
        if self.0.is_empty() { ask(name) } else { Ok(self.0.remove(0)) }
    }

    fn last(&mut self, name: &str) -> Result<String, Sorry> {
        if self.0.is_empty() { ask(name) } else { Ok(std::mem::take(&mut self.0).join(" ")) }
    }
}

fn ask(name: &str) -> Result<String, Sorry> {
    print!("{name}: ");
    io::stdout().flush()?;
    let mut line = String::new();
    if io::stdin().lock().read_line(&mut line)? == 0 {
        return Err(Sorry(format!("{name} is missing.")));
    }
    Ok(line.trim_end_matches(['\r', '\n']).to_owned())
}

/// Splits at spaces, except inside double quotes.
fn words(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    for (index, part) in line.split('"').enumerate() {
        if index % 2 == 1 {
            words.push(part.to_owned());
        } else {
            words.extend(part.split_whitespace().map(str::to_owned));
        }
    }
    words
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut console = Console::open()?;
    let interactive = io::stdin().is_terminal();
    println!("A sign-in system in a terminal. Type help, or quit.");
    loop {
        print!("> ");
        io::stdout().flush()?;
        let mut line = String::new();
        if io::stdin().lock().read_line(&mut line)? == 0 {
            break;
        }
        let line = line.trim();
        if !interactive {
            println!("{line}");
        }
        match line {
            "" => continue,
            "quit" | "exit" => break,
            _ => {}
        }
        match console.run(line) {
            Ok(answer) => println!("{answer}"),
            Err(Sorry(words)) => println!("✗ {words}"),
        }
        // Background work after the response: mails.
        console.after_the_answer.try_iter().for_each(pollster::block_on);
    }
    pollster::block_on(console.auth.close());
    Ok(())
}
