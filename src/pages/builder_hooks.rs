use std::sync::Arc;

use time::OffsetDateTime;

use super::builder::PagesBuilder;
use super::hooks::Operators;
use super::registration::{RegistrationForm, RegistrationRefusal};
use crate::auth::{Operator, SignedIn};
use crate::journal::Journal;
use crate::registration::RegistrationValue;
use crate::store::UserDirectory;
use crate::types::BackendError;

/// # Hooks: what only the host knows
///
/// Every async hook but [`before_registration`](Self::before_registration) is asked about whoever is signed in. If it fails, the event
/// [`StoreFailed`](crate::event::EventKind::StoreFailed) names it, and the page is a 503 that keeps cookies, so people can try again.
/// The crate has no timer: a hook sees to it that it ends.
impl PagesBuilder {
    /// The pages below `/accounts`, for operators. `is_operator` says who is one; **for everyone else they are unknown
    /// pages**, though `/pages/openapi.json` names them. Without this call nobody has them.
    ///
    /// An operator lists accounts, finds one by its address, provisions, deactivates and reactivates accounts, mails a first
    /// password or a reset link, requires a new password, invalidates one, ends sessions and removes a second factor. All of it takes
    /// a [fresh proof](crate::Auth::require_step_up), and the [journal](crate::journal) says
    /// [who it was](crate::Operator::on_behalf_of); except a reset link, which anyone can have mailed. Nobody deactivates their own account
    /// here, or removes its second factor.
    ///
    /// `operator` is the one that [`build_with_operator`](crate::AuthBuilder::build_with_operator) returned beside the `Auth`, and
    /// `directory` lists the users of the same store.
    ///
    /// ```
    /// # use doorward::mail::PrintingMailer;
    /// # use doorward::store::MemoryAttempts;
    /// # use doorward::{Auth, Keyring, Site};
    /// use std::sync::Arc;
    ///
    /// use doorward::pages::Pages;
    /// use doorward::store::{BackendError, MemoryUsers};
    ///
    /// # let site = Site::new("Acme", "https://acme.example", "help@acme.example")?;
    /// # let keyring = Keyring::new("2026-11", [7; 32])?;
    /// let users = Arc::new(MemoryUsers::new());
    /// let (auth, operator) = Auth::builder(site, users.clone(), MemoryAttempts::new(), PrintingMailer)
    /// #     .background(|work| drop(std::thread::spawn(|| pollster::block_on(work))))
    /// #     .keyring(keyring)
    ///     .build_with_operator()?;
    /// let pages = Pages::builder(auth)
    ///     .operators(operator, users, |who| async move {
    ///         // In a host: a look-up of its own, by `who.user_id()`.
    ///         Ok::<_, BackendError>(who.email().canonical() == "boss@acme.example")
    ///     })
    ///     .build()?;
    /// assert!(pages.has("/accounts"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn operators<F>(
        mut self,
        operator: Operator,
        directory: impl UserDirectory,
        is_operator: impl Fn(SignedIn) -> F + Send + Sync + 'static,
    ) -> Self
    where
        F: Future<Output = Result<bool, BackendError>> + Send + 'static,
    {
        let is_operator = Box::new(move |who| Box::pin(is_operator(who)) as _);
        self.hooks.operators = Some(Operators { operator, directory: Arc::new(directory), is_operator });
        self
    }

    /// Steps of your own for newcomers, such as their name or terms to accept. The hook is asked at the end of every sign-in, and
    /// returns the path of the next step that is still open for this user, or `None`. It has to be a path of this site; anything else
    /// counts as a failure of the hook. Sign-in leads there, and a step that is done redirects to
    /// [`welcome_path`](super::Pages::welcome_path), which asks again; at the end it goes where the sign-in was to lead. A newcomer
    /// first gets a page that says "You are all set".
    ///
    /// A welcome that was interrupted goes on at the next sign-in. **The steps are a way, not a lock**: whoever is led there is signed
    /// in, and can open any other page. Check in your own pages what must not be skipped. Nobody is signed in before they have chosen a password.
    ///
    /// ```
    /// # use doorward::pages::PagesBuilder;
    /// # use doorward::store::BackendError;
    /// # async fn has_profile(_: &doorward::UserId) -> Result<bool, BackendError> { Ok(true) }
    /// # fn welcome(builder: PagesBuilder) -> PagesBuilder {
    /// builder.onboarding(|who| async move {
    ///     // In a host: a look-up of its own. `map_err(BackendError::unavailable)` turns its error into that of the hook.
    ///     Ok(if has_profile(who.user_id()).await? { None } else { Some("/profile/new".to_owned()) })
    /// })
    /// # }
    /// ```
    pub fn onboarding<F>(mut self, next_step: impl Fn(SignedIn) -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = Result<Option<String>, BackendError>> + Send + 'static,
    {
        self.hooks.onboarding = Some(Box::new(move |who| Box::pin(next_step(who))));
        self
    }

    /// The names of these steps, so that newcomers see how many there are: "Step 1 of 3" when they choose their password. A name that
    /// is one of your [`texts`](Self::texts) is shown in the language of the page.
    pub fn onboarding_steps<'a>(mut self, names: impl IntoIterator<Item = &'a str>) -> Self {
        self.hooks.steps = names.into_iter().map(str::to_owned).collect();
        self
    }

    /// Where a sign-in leads if no page was asked for: a path of this site. `None`, or a path that is none of this site, leads
    /// [home](Self::home).
    ///
    /// ```
    /// # fn by_domain(builder: doorward::pages::PagesBuilder) -> doorward::pages::PagesBuilder {
    /// builder.after_sign_in(|who| who.email().canonical().ends_with("@acme.example").then(|| "/staff".to_owned()))
    /// # }
    /// ```
    pub fn after_sign_in(mut self, lead: impl Fn(&SignedIn) -> Option<String> + Send + Sync + 'static) -> Self {
        self.hooks.after_sign_in = Some(Box::new(lead));
        self
    }

    /// Recent activity on `/security`, from the [journal](crate::journal) that the store keeps once it is switched on by
    /// [`with_journal`](crate::manual::journal): the last 20 lines that matter to the owner. What anyone can
    /// cause, such as failed sign-ins, is one line with a count. Operators see the latest fifty entries of an account.
    pub fn activity(mut self, journal: impl Journal) -> Self {
        self.hooks.journal = Some(Arc::new(journal));
        self
    }

    /// Lines of your own among them, such as "Order 4711 shipped": when, and what to show. The hook also gets the language of the page, as
    /// a tag of BCP 47. The texts are escaped. If it fails, the page says that lines are missing.
    ///
    /// ```
    /// # use doorward::pages::PagesBuilder;
    /// # use doorward::store::BackendError;
    /// # async fn orders(_: &doorward::UserId) -> Result<Vec<(time::OffsetDateTime, u32)>, BackendError> { Ok(Vec::new()) }
    /// # fn lines(builder: PagesBuilder) -> PagesBuilder {
    /// builder.activity_lines(|who, _language| async move {
    ///     let orders = orders(who.user_id()).await?;
    ///     Ok(orders.into_iter().map(|(at, number)| (at, format!("Order {number}"))).collect())
    /// })
    /// # }
    /// ```
    pub fn activity_lines<F>(mut self, lines: impl Fn(SignedIn, String) -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = Result<Vec<(OffsetDateTime, String)>, BackendError>> + Send + 'static,
    {
        self.hooks.activity_lines = Some(Box::new(move |who, language| Box::pin(lines(who, language))));
        self
    }

    /// What to ask of whoever registers before a link is mailed, such as a captcha, and what of the form to keep, such as a name. The
    /// hook gets the fields that your own form has beside the address ([`RegisterPage`](super::model::RegisterPage), drawn by a
    /// [`Look`](super::Look::content)); a program sends them as members that are texts. It returns the
    /// [value](crate::registration::RegistrationValue) that travels in the link and is stored with the account, or refuses. It is not
    /// asked about invitations.
    ///
    /// **Nobody has proved the address yet.** Do not look it up: what the hook says is not to depend on whether there is an account.
    /// The policy of the pages lets a captcha load its script from this site only. Fields go through hidden ones of the page after
    /// the form, so they are no place for secrets.
    ///
    /// ```
    /// use doorward::pages::model::RegisterPage;
    /// use doorward::pages::{Look, PagesBuilder, RegistrationRefusal};
    /// use doorward::registration::RegistrationValue;
    /// use doorward::store::BackendError;
    ///
    /// # async fn is_human(_: &str) -> Result<bool, BackendError> { Ok(true) }
    /// # fn escape(text: &str) -> String { text.replace('&', "&amp;").replace('"', "&quot;").replace('<', "&lt;") }
    /// fn asking_for_a_name(builder: PagesBuilder) -> PagesBuilder {
    ///     let look = Look::new().content(|form: &RegisterPage| {
    ///         format!(
    ///             "<form method=\"post\" action=\"{}/register\" class=\"card\" novalidate>\
    ///              <div class=\"field\"><label for=\"email\">Email</label>\
    ///              <input id=\"email\" name=\"email\" type=\"email\" autocomplete=\"email\" value=\"{}\"></div>\
    ///              <div class=\"field\"><label for=\"name\">Name</label>\
    ///              <input id=\"name\" name=\"name\" autocomplete=\"name\" value=\"{}\"></div>\
    ///              <script src=\"/assets/captcha.js\"></script><button>Continue</button></form>",
    ///             form.page.base,
    ///             escape(&form.email),
    ///             escape(form.fields.get("name")),
    ///         )
    ///     });
    ///     builder.look(look).before_registration(|form| async move {
    ///         // In a host: a call of the captcha's server.
    ///         if !is_human(form.fields.get("captcha")).await? {
    ///             return Err(RegistrationRefusal::said("Please solve the puzzle once more."));
    ///         }
    ///         let name = RegistrationValue::parse(form.fields.get("name"));
    ///         name.map(Some).map_err(|_| RegistrationRefusal::said("Please enter a shorter name."))
    ///     })
    /// }
    /// ```
    pub fn before_registration<F>(mut self, ask: impl Fn(RegistrationForm) -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = Result<Option<RegistrationValue>, RegistrationRefusal>> + Send + 'static,
    {
        self.hooks.before_registration = Some(Box::new(move |form| Box::pin(ask(form))));
        self
    }
}
