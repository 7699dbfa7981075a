//! The full story in a real browser: with scripts, without, and with the keyboard alone on a narrow screen.
//!
//! With `DOORWARD_SCREENSHOTS=1` it takes the README's screenshots.

mod support;

use doorward::Clock;
use fantoccini::Locator;
use support::browser::{Browser, Driver, Manner};
use support::smtp::Aiosmtpd;
use support::{OLGA, Server};

const CLEO: &str = "cleo@acme.example";
const DAN: &str = "dan@acme.example";

/// Where mails are read.
enum Mails {
    /// On the page of the application.
    Page,
    /// In what a mail server received.
    Server(Aiosmtpd),
}

/// One run of the story. Everyone has their own browser.
struct Story {
    server: Server,
    mails: Mails,
    operator: Browser,
    cleo: Browser,
    /// Another browser of Cleo's, and later an attacker's.
    other: Browser,
    password: &'static str,
}

impl Story {
    async fn begin(driver: &Driver, manner: Manner, mails: Mails) -> Self {
        let smtp = match &mails {
            Mails::Page => None,
            Mails::Server(server) => Some(support::smtp::options(&server.url)),
        };
        let server = Server::start_with(|options| options.smtp = smtp).await;
        let operator = driver.browser(&server.url, manner).await;
        let cleo = driver.browser(&server.url, manner).await;
        let other = driver.browser(&server.url, manner).await;
        Self { server, mails, operator, cleo, other, password: "" }
    }

    async fn end(self) {
        for browser in [self.operator, self.cleo, self.other] {
            browser.close().await;
        }
    }
}

async fn sign_in(browser: &Browser, email: &str, password: &str) {
    browser.open("/sign-in").await;
    browser.fill("email", email).await;
    browser.fill("password", password).await;
    browser.press_within("//main", "Sign in").await;
}

/// Moves the clock with the buttons of its page.
async fn later(browser: &Browser, step: &str) {
    browser.press("Clock").await;
    browser.press(step).await;
    browser.expect_words("The clock has moved forward.").await;
}

async fn newest_mail(mails: &Mails, browser: &Browser, subject: &str) -> String {
    newest_mail_to(CLEO, mails, browser, subject).await
}

/// Waits until the newest mail to that address has that subject and returns its text: some mails are sent after the response.
async fn newest_mail_to(to: &str, mails: &Mails, browser: &Browser, subject: &str) -> String {
    let mut seen = String::new();
    for _ in 0..50 {
        let newest = match mails {
            Mails::Page => {
                browser.press("Mailbox").await;
                let newest = browser.texts(&format!("article[data-to='{to}']")).await.into_iter().next();
                newest.map(|text| (text.lines().next().unwrap_or_default().to_owned(), text))
            }
            Mails::Server(server) => {
                let newest = server.letters().into_iter().find(|letter| letter.header("To") == to);
                newest.map(|letter| (letter.header("Subject"), letter.text))
            }
        };
        match newest {
            Some((title, text)) if title.starts_with(subject) => return text,
            Some((title, _)) => seen = title,
            None => {}
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    panic!("the mail {subject:?} did not arrive, the newest is {seen:?}");
}

/// Does something about Cleo's account, with a new sign-in or with step-up if asked.
async fn act(operator: &Browser, action: &str) {
    operator.open("/accounts").await;
    if operator.heading().await == "Sign in" {
        sign_in(operator, OLGA.0, OLGA.1).await;
        operator.open("/accounts").await;
    }
    operator.fill("email", CLEO).await;
    operator.press("Find").await;
    operator.expect("Account").await;
    operator.press(action).await;
    if operator.heading().await == "Confirm it's you" {
        operator.fill("proof", OLGA.1).await;
        operator.press("Confirm").await;
    }
    operator.expect(action).await;
    operator.press_within("//form[@class='card']", action).await;
    operator.expect("Account").await;
}

async fn count_mails(mails: &Mails, browser: &Browser) -> usize {
    match mails {
        Mails::Page => {
            browser.press("Mailbox").await;
            browser.texts("article h2").await.len()
        }
        Mails::Server(server) => server.letters().len(),
    }
}

/// Some mails are sent after the response.
async fn wait_for_mails(mails: &Mails, browser: &Browser, count: usize) {
    for _ in 0..50 {
        if count_mails(mails, browser).await >= count {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    panic!("{count} mails did not arrive");
}

/// Empties the mailbox, so that an earlier mail with the same subject is not taken for the next one.
async fn empty_mailbox(mails: &Mails, browser: &Browser) {
    match mails {
        Mails::Page => {
            browser.press("Mailbox").await;
            browser.press("Empty the mailbox").await;
            browser.expect_words("The mailbox is empty.").await;
        }
        Mails::Server(server) => server.clear(),
    }
}

async fn mailed_password(mails: &Mails, browser: &Browser, subject: &str) -> String {
    let text = newest_mail(mails, browser, subject).await;
    match mails {
        Mails::Page => browser.texts(&format!("article[data-to='{CLEO}'] .secret")).await.swap_remove(0),
        Mails::Server(_) => support::password_in(&text),
    }
}

async fn forgot(browser: &Browser, email: &str) {
    browser.open("/sign-in").await;
    browser.press("Forgot your password?").await;
    browser.fill("email", email).await;
    browser.press("Continue").await;
    browser.expect("Check the address").await;
    browser.press("Reset").await;
    browser.expect("Check your mailbox").await;
}

/// Opens the link of the newest mail to that address, which has that text.
async fn follow(mails: &Mails, browser: &Browser, to: &str, text: &str) {
    match mails {
        Mails::Page => browser.press_at(Locator::XPath(&format!("(//article[@data-to='{to}'])[1]//a"))).await,
        Mails::Server(_) => browser.open_link(&support::link_in(text)).await,
    }
}

async fn open_mailed_link(mails: &Mails, browser: &Browser) {
    let text = newest_mail(mails, browser, "Confirm your password reset").await;
    follow(mails, browser, CLEO, &text).await;
    browser.expect("Confirm your password reset").await;
    assert_eq!(browser.path().await, "/reset/confirm");
}

/// S01, S02, S04, S05, S06: an account is provisioned, and its owner signs in.
async fn an_account_is_opened(story: &mut Story) {
    let (operator, cleo) = (&story.operator, &story.cleo);
    sign_in(operator, OLGA.0, OLGA.1).await;
    operator.press_within("//main", "Accounts").await;
    operator.press("Create an account").await;
    operator.fill("email", "cleo").await;
    operator.press("Create account").await;
    operator.expect_words("Please enter one complete email address.").await;
    operator.fill("email", CLEO).await;
    operator.press("Create account").await;
    operator.expect_words("Its first password was emailed.").await;
    assert!(operator.attribute(".secret", "class").await.is_none(), "S01: the operator does not see it");
    operator.picture("operator").await;

    cleo.open("/sign-in").await;
    cleo.picture("sign-in").await;
    let welcome = newest_mail(&story.mails, cleo, "Your new account").await;
    assert!(welcome.contains("This account is for you alone."), "S06");
    let temporary = mailed_password(&story.mails, cleo, "Your new account").await;
    cleo.picture("mailbox").await;
    sign_in(cleo, CLEO, &temporary).await;
    cleo.expect("Choose your password").await;
    for path in ["/", "/security", "/accounts"] {
        cleo.open(path).await;
        cleo.expect("Sign in").await;
    }
    sign_in(cleo, CLEO, &temporary).await;
    cleo.expect("Choose your password").await;
    let rules = cleo.texts("#rules li").await;
    assert!(rules.len() >= 6 && rules[0].starts_with("Use at least 15 characters."), "S04: {rules:?}");
    cleo.fill("new_password", "acme2026").await;
    cleo.press("Save password").await;
    let broken = cleo.texts("#rules .broken").await;
    assert_eq!(broken.len(), 2, "S05: every broken rule at once: {broken:?}");
    cleo.fill("new_password", "a lamp in the window").await;
    cleo.press("Save password").await;
    cleo.expect("Your details").await;
    cleo.press("Continue").await;
    cleo.expect_words("Please enter your name").await;
    cleo.fill("name", "Cleo <b>").await;
    cleo.press("Continue").await;
    cleo.expect("You are all set").await;
    cleo.press("Continue").await;
    cleo.expect("Home").await;
    cleo.expect_words("Hello, Cleo <b>.").await;
    story.password = "a lamp in the window";

    sign_in(&story.other, CLEO, story.password).await;
    story.other.expect("Home").await;
    cleo.press_within("//nav", "Security").await;
    assert_eq!(cleo.texts("#devices li").await.len(), 2);
    let sessions = cleo.texts("#sessions li").await;
    assert_eq!(sessions.len(), 2, "{sessions:?}");
    let marked = sessions.iter().filter(|text| text.contains("This session")).count();
    assert!(marked == 1 && sessions.iter().all(|text| text.contains("Chrome on Linux")), "{sessions:?}");
    cleo.press("Sign out everywhere else").await;
    cleo.expect_words("You are signed out everywhere else.").await;
    story.other.open("/").await;
    story.other.expect("Sign in").await;
    story.other.expect_words("Your session has ended").await;

    // One session, after step-up; its device stays known.
    later(cleo, "Forward five minutes").await;
    story.other.open("/sign-in").await;
    story.other.fill("email", CLEO).await;
    story.other.fill("password", story.password).await;
    story.other.tick("keep").await;
    story.other.press_within("//main", "Sign in").await;
    story.other.expect("Home").await;
    cleo.open("/security").await;
    assert!(cleo.texts("#sessions li").await.iter().any(|text| text.contains("Kept signed in")));
    cleo.press_at(other_one("sessions")).await;
    cleo.expect("Confirm it's you").await;
    cleo.fill("proof", story.password).await;
    cleo.press("Confirm").await;
    cleo.press_at(other_one("sessions")).await;
    cleo.expect_words("Signed out there.").await;
    assert_eq!((cleo.texts("#sessions li").await.len(), cleo.texts("#devices li").await.len()), (1, 2));
    story.other.open("/").await;
    story.other.expect("Sign in").await;
    later(cleo, "Forward a minute").await;
    sign_in(&story.other, CLEO, story.password).await;
    cleo.open("/security").await;
    cleo.press_at(other_one("devices")).await;
    cleo.expect_words("The device was signed out and forgotten.").await;
    story.other.open("/").await;
    story.other.expect("Sign in").await;
}

/// The button for the first other one in that list.
fn other_one(list: &str) -> Locator<'static> {
    match list {
        "sessions" => Locator::XPath("(//section[@id='sessions']//li[.//input]//button)[1]"),
        _ => Locator::XPath("(//section[@id='devices']//li[form]//button)[1]"),
    }
}

/// S03, S19: the password is changed.
async fn the_password_is_changed(story: &mut Story) {
    let cleo = &story.cleo;
    cleo.open("/security").await;
    cleo.fill("current_password", "something else").await;
    cleo.fill("new_password", "figs and bread at dawn").await;
    cleo.press("Change password").await;
    cleo.expect_words("The current password is not right.").await;
    cleo.expect_words("help@acme.example").await;
    later(cleo, "Forward a minute").await;
    cleo.open("/security").await;
    cleo.fill("current_password", story.password).await;
    cleo.fill("new_password", "short").await;
    cleo.press("Change password").await;
    cleo.expect_words("The new password was not accepted.").await;
    later(cleo, "Forward a minute").await;
    cleo.open("/security").await;
    cleo.fill("current_password", story.password).await;
    cleo.fill("new_password", "figs and bread at dawn").await;
    cleo.picture("security").await;
    cleo.press("Change password").await;
    cleo.expect_words("Password changed. Other devices were signed out.").await;
    story.password = "figs and bread at dawn";
    let notice = newest_mail(&story.mails, cleo, "Your password was changed").await;
    assert!(notice.contains("help@acme.example"), "S19");
}

/// S15, S16, S17: an attacker guesses (brute force).
async fn somebody_guesses(story: &mut Story) {
    let other = &story.other;
    let mut waits: Vec<u64> = Vec::new();
    let mut failures = 0;
    while waits.len() < 3 {
        sign_in(other, CLEO, "a guess").await;
        match other.attribute("[data-wait]", "data-wait").await {
            Some(wait) => {
                waits.push(wait.parse().unwrap());
                other.expect_words("Your account is not locked.").await;
                other.picture("sign-in-wait").await;
                later(other, "Forward a minute").await;
            }
            None => {
                failures += 1;
                other.expect_words("Email and Password do not match").await;
            }
        }
    }
    assert!(waits.windows(2).all(|pair| pair[0] < pair[1]), "S16: {waits:?}");
    assert!(failures >= 5, "{failures}");
    sign_in(other, "nobody@acme.example", "a guess").await;
    other.expect_words("Email and Password do not match").await;
}

/// S07 to S14: the password is forgotten.
async fn the_password_is_forgotten(story: &mut Story) {
    let (cleo, mails) = (&story.cleo, &story.mails);
    cleo.open("/").await;
    cleo.press("Sign out").await;
    cleo.expect_words("You are signed out.").await;
    cleo.press("Forgot your password?").await;
    cleo.fill("email", "cleo at acme").await;
    cleo.press("Continue").await;
    cleo.expect_words("Please enter one complete email address.").await;
    cleo.fill("email", "someone.else@acme.example").await;
    cleo.press("Continue").await;
    cleo.picture("forgot-check").await;
    cleo.press("Change address").await;
    assert_eq!(
        cleo.attribute("#email", "value").await.as_deref(),
        Some("someone.else@acme.example"),
        "nothing is typed twice"
    );
    // S07: while sign-in is throttled after the guesses.
    forgot(cleo, CLEO).await;
    cleo.expect_words("We send at most one email every 5 minutes.").await;
    open_mailed_link(mails, cleo).await;
    // S09: nothing has changed so far.
    sign_in(cleo, CLEO, story.password).await;
    cleo.expect("Home").await;
    // S12: the same response again, also for an unknown address, and no mail.
    let before = count_mails(mails, cleo).await;
    forgot(&story.other, CLEO).await;
    story.other.expect_words("We send at most one email every 5 minutes.").await;
    forgot(&story.other, "nobody@acme.example").await;
    story.other.expect_words("We send at most one email every 5 minutes.").await;
    forgot(&story.other, support::BEN.0).await;
    wait_for_mails(mails, cleo, before + 1).await;
    assert_eq!(count_mails(mails, cleo).await, before + 1, "S12: Ben's, and none before it");
    // S10, S11.
    open_mailed_link(mails, cleo).await;
    cleo.picture("reset-confirm").await;
    cleo.press("Confirm").await;
    cleo.expect("Check your mailbox again").await;
    let temporary = mailed_password(mails, cleo, "Your temporary password").await;
    sign_in(cleo, CLEO, &temporary).await;
    cleo.expect("Choose your password").await;
    cleo.fill("new_password", "moss between the stones").await;
    cleo.press("Save password").await;
    cleo.expect("Home").await;
    story.password = "moss between the stones";
    // S13: a link is valid for an hour, and so is a temporary password.
    later(cleo, "Forward five minutes").await;
    forgot(cleo, CLEO).await;
    open_mailed_link(mails, cleo).await;
    later(cleo, "Forward an hour").await;
    cleo.open("/reset/confirm").await;
    cleo.press("Confirm").await;
    cleo.expect("This link does not work").await;
    empty_mailbox(mails, cleo).await;
    // It is no longer kept.
    cleo.open("/reset/confirm").await;
    cleo.expect("This link does not work").await;
    cleo.press("Start again").await;
    forgot(cleo, CLEO).await;
    open_mailed_link(mails, cleo).await;
    cleo.press("Confirm").await;
    let temporary = mailed_password(mails, cleo, "Your temporary password").await;
    later(cleo, "Forward an hour").await;
    sign_in(cleo, CLEO, &temporary).await;
    cleo.expect_words("Email and Password do not match").await;
    later(cleo, "Forward a minute").await;
    sign_in(cleo, CLEO, story.password).await;
    cleo.expect("Home").await;
}

/// Somebody opens an account alone: the address is proved first, and a taken one is answered as a free one.
async fn somebody_registers(story: &mut Story) {
    let (dan, mails) = (&story.other, &story.mails);
    dan.open("/sign-in").await;
    for (email, subject) in [(CLEO, "You already have an account"), (DAN, "Confirm your email address")] {
        dan.open("/sign-in").await;
        dan.press_within("//main", "Create an account").await;
        dan.fill("email", email).await;
        dan.press("Continue").await;
        dan.expect("Check the address").await;
        dan.expect_words(&format!("Create an account for {email}?")).await;
        dan.press("Send email").await;
        dan.expect("Check your mailbox").await;
        dan.expect_words("We have emailed you how to go on.").await;
        newest_mail_to(email, mails, dan, subject).await;
    }
    let text = newest_mail_to(DAN, mails, dan, "Confirm your email address").await;
    follow(mails, dan, DAN, &text).await;
    dan.expect("Choose a password for your account").await;
    assert_eq!(dan.path().await, "/register/confirm");
    dan.expect_words(DAN).await;
    dan.picture("register").await;
    dan.fill("new_password", "acme2026").await;
    dan.press("Create account").await;
    assert!(!dan.texts("#rules .broken").await.is_empty());
    dan.fill("new_password", "an apple on the sill").await;
    dan.press("Create account").await;
    dan.expect("Your details").await;
    dan.fill("name", "Dan").await;
    dan.press("Continue").await;
    dan.expect("You are all set").await;
    dan.press("Continue").await;
    dan.expect_words("Hello, Dan.").await;
    // The link works once, for whoever finds it.
    dan.press("Sign out").await;
    dan.open("/register/confirm").await;
    dan.expect("This link does not work").await;
    sign_in(dan, DAN, "an apple on the sill").await;
    dan.expect("Home").await;
}

/// Another address takes the new mailbox, and the old one takes it back.
async fn the_address_is_changed(story: &mut Story) {
    const NEW: &str = "dan@new.example";
    let (dan, mails) = (&story.other, &story.mails);
    dan.press_within("//nav", "Security").await;
    dan.fill("email", "dan at new").await;
    dan.press("Change email address").await;
    dan.expect_words("Please enter one complete email address.").await;
    dan.fill("email", NEW).await;
    dan.press("Change email address").await;
    dan.expect_words("We have emailed a link to the new address.").await;
    let text = newest_mail_to(NEW, mails, dan, "Confirm your new email address").await;
    follow(mails, dan, NEW, &text).await;
    dan.expect("Confirm your new address").await;
    assert_eq!(dan.path().await, "/email/confirm");
    dan.press("Confirm").await;
    dan.expect_words("Email address changed.").await;
    assert!(dan.texts("main").await.join("").contains(NEW));
    // Whoever reads the old mailbox gets the account back, without a session.
    let text = newest_mail_to(DAN, mails, dan, "Your email address was changed").await;
    follow(mails, dan, DAN, &text).await;
    dan.expect("Get your address back").await;
    dan.press("Get my address back").await;
    dan.expect("You have your address back").await;
    dan.open("/").await;
    dan.expect("Sign in").await;
    let text = newest_mail_to(DAN, mails, dan, "Your temporary password").await;
    let temporary = match mails {
        Mails::Page => dan.texts(&format!("article[data-to='{DAN}'] .secret")).await.swap_remove(0),
        Mails::Server(_) => support::password_in(&text),
    };
    sign_in(dan, DAN, &temporary).await;
    dan.expect("Choose your password").await;
    dan.fill("new_password", "the pear is on the table").await;
    dan.press("Save password").await;
    dan.expect_words("Hello, Dan.").await;
}

/// The owner takes their data along, leaves, and comes back within the grace.
async fn somebody_leaves(story: &mut Story) {
    let (dan, mails) = (&story.other, &story.mails);
    dan.press_within("//nav", "Security").await;
    dan.download("Download your data").await;
    dan.press_within("//main", "Delete your account").await;
    dan.expect("Delete your account").await;
    dan.press("Delete my account").await;
    dan.expect("Your account is closed").await;
    dan.open("/").await;
    dan.expect("Sign in").await;
    sign_in(dan, DAN, "the pear is on the table").await;
    dan.expect_words("Email and Password do not match").await;
    let text = newest_mail_to(DAN, mails, dan, "Your account will be deleted").await;
    follow(mails, dan, DAN, &text).await;
    assert_eq!(dan.path().await, "/leaving/undo");
    dan.press("Keep my account").await;
    later(dan, "Forward a minute").await;
    sign_in(dan, DAN, "the pear is on the table").await;
    dan.expect_words("Hello, Dan.").await;
    dan.press("Sign out").await;
}

/// S18: a deactivated account behaves like an unknown one.
async fn the_account_is_deactivated(story: &mut Story) {
    let (operator, cleo, mails) = (&story.operator, &story.cleo, &story.mails);
    act(operator, "Deactivate").await;
    operator.expect_words("The account is deactivated.").await;
    cleo.open("/").await;
    cleo.expect("Sign in").await;
    cleo.expect_words("Your session has ended").await;
    sign_in(cleo, CLEO, story.password).await;
    cleo.expect_words("Email and Password do not match").await;
    let before = count_mails(mails, cleo).await;
    forgot(cleo, CLEO).await;
    forgot(cleo, OLGA.0).await;
    wait_for_mails(mails, cleo, before + 1).await;
    assert_eq!(count_mails(mails, cleo).await, before + 1, "S18: the operator's, and none before it");
    act(operator, "Reactivate").await;
    operator.expect_words("The account is active again.").await;
    act(operator, "Require a new password").await;
    operator.expect_words("The next sign-in will ask for a new password.").await;
    later(cleo, "Forward a minute").await;
    sign_in(cleo, CLEO, story.password).await;
    cleo.expect("Choose your password").await;
    cleo.fill("new_password", "the kettle sings at noon").await;
    cleo.press("Save password").await;
    cleo.expect("Home").await;
    story.password = "the kettle sings at noon";
}

/// The authenticator app on Cleo's phone.
async fn code(story: &Story, app: &totp_rs::Totp) -> String {
    app.generate(story.server.app.clock.now().unix_timestamp() as u64).to_string()
}

async fn open_second_step(story: &Story) {
    later(&story.cleo, "Forward a minute").await;
    story.cleo.open("/").await;
    story.cleo.press("Sign out").await;
    sign_in(&story.cleo, CLEO, story.password).await;
    story.cleo.expect("Second step").await;
}

/// S20: the second factor.
async fn an_authenticator_is_set_up(story: &mut Story) {
    let cleo = &story.cleo;
    cleo.open("/security").await;
    cleo.press("Set up an authenticator app").await;
    cleo.picture("authenticator").await;
    let key = cleo.texts("#key").await.swap_remove(0).replace(' ', "");
    let app = totp_rs::Totp::from_url(format!("otpauth://totp/Acme:cleo?secret={key}&issuer=Acme")).unwrap();
    cleo.fill("code", "000000").await;
    cleo.press("Confirm code").await;
    cleo.expect_words("This is not the code").await;
    cleo.fill("code", &code(story, &app).await).await;
    cleo.press("Confirm code").await;
    cleo.expect("Recovery codes").await;
    cleo.picture("recovery-codes").await;
    let recovery = cleo.texts("#codes code").await;
    assert_eq!(recovery.len(), 10);
    cleo.press("I have saved them").await;
    cleo.expect_words("10 recovery codes are left.").await;

    open_second_step(story).await;
    cleo.open("/").await;
    cleo.expect("Sign in").await;
    cleo.open("/second-step").await;
    cleo.fill("code", "000 000").await;
    cleo.press("Continue").await;
    cleo.expect_words("This code is not right").await;
    let right = code(story, &app).await;
    cleo.fill("code", &format!("{} {}", &right[..3], &right[3..])).await;
    cleo.picture("second-step").await;
    cleo.press("Continue").await;
    cleo.expect("Home").await;
    open_second_step(story).await;
    cleo.press("Use a recovery code").await;
    cleo.fill("code", &recovery[0].to_lowercase()).await;
    cleo.press("Continue").await;
    cleo.expect("Home").await;
    open_second_step(story).await;
    cleo.press("Use a recovery code").await;
    cleo.fill("code", &recovery[0]).await;
    cleo.press("Continue").await;
    cleo.expect_words("was used before").await;
    cleo.fill("code", &recovery[1]).await;
    cleo.press("Continue").await;
    cleo.expect("Home").await;

    // Turning it off requires step-up.
    for _ in 0..2 {
        later(cleo, "Forward five minutes").await;
    }
    cleo.open("/security").await;
    cleo.press("Turn it off").await;
    cleo.expect("Confirm it's you").await;
    cleo.picture("confirm").await;
    cleo.fill("proof", &code(story, &app).await).await;
    cleo.press("Confirm").await;
    cleo.expect("My password and security").await;
    cleo.press("Create new recovery codes").await;
    cleo.expect("Recovery codes").await;
    cleo.press("I have saved them").await;
    cleo.press("Turn it off").await;
    cleo.expect_words("Two-step sign-in is off.").await;
    let activity = cleo.texts("ol.list li").await.join("\n");
    for words in ["Authenticator app turned off", "Identity confirmed", "Signed in"] {
        assert!(activity.contains(words), "{words}: {activity}");
    }
}

async fn tell(driver: &Driver, manner: Manner, mails: Mails) {
    let mut story = Story::begin(driver, manner, mails).await;
    an_account_is_opened(&mut story).await;
    the_password_is_changed(&mut story).await;
    somebody_guesses(&mut story).await;
    the_password_is_forgotten(&mut story).await;
    somebody_registers(&mut story).await;
    the_address_is_changed(&mut story).await;
    somebody_leaves(&mut story).await;
    the_account_is_deactivated(&mut story).await;
    an_authenticator_is_set_up(&mut story).await;
    story.end().await;
}

const DESKTOP: Manner = Manner { scripts: true, keyboard: false, pictures: true, width: 960, height: 900 };

#[tokio::test(flavor = "multi_thread")]
async fn the_story_by_clicks() {
    let Some(driver) = Driver::start().await else { return };
    tell(&driver, DESKTOP, Mails::Page).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_story_without_scripts() {
    let Some(driver) = Driver::start().await else { return };
    tell(&driver, Manner { scripts: false, pictures: false, ..DESKTOP }, Mails::Page).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_story_by_keyboard_at_320_pixels() {
    let Some(driver) = Driver::start().await else { return };
    tell(&driver, Manner { keyboard: true, width: 320, height: 640, ..DESKTOP }, Mails::Page).await;
}

/// Uses a third-party mail server, and reads the mails it stored.
#[tokio::test(flavor = "multi_thread")]
async fn the_story_with_a_mail_server() {
    let Some(driver) = Driver::start().await else { return };
    let Some(server) = Aiosmtpd::start() else {
        return support::tell("skipped: the story with a mail server. To run it: apt-get install python3-aiosmtpd");
    };
    tell(&driver, Manner { pictures: false, ..DESKTOP }, Mails::Server(server)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn scripts_add_to_the_pages() {
    let Some(driver) = Driver::start().await else { return };
    let server = Server::start().await;
    let browser = driver.browser(&server.url, DESKTOP).await;
    sign_in(&browser, support::BEN.0, support::BEN.1).await;
    browser.open("/security").await;
    browser.press_within("//div[.//input[@id='new_password']]", "Show password").await;
    assert_eq!(browser.attribute("#new_password", "type").await.as_deref(), Some("text"));
    assert_eq!(browser.attribute("#current_password", "type").await.as_deref(), Some("password"));
    browser.fill("new_password", "ben@acme.example").await;
    browser.wait_for("#rules .broken .tag").await;
    assert_eq!(browser.texts("#rules .broken").await.len(), 1);
    assert!(browser.texts("#rules .kept").await.len() >= 3);
    browser.picture("policy").await;
    browser.press("Hide password").await;
    let twice = "const form = document.querySelector('main form');
        return [1, 2].map(() => {
            const event = new Event('submit', { cancelable: true });
            form.dispatchEvent(event);
            return event.defaultPrevented;
        });";
    assert_eq!(browser.run(twice).await, serde_json::json!([false, true]), "a second click does not submit again");
    assert_eq!(browser.attribute("#new_password", "type").await.as_deref(), Some("password"));
    browser.close().await;
}
