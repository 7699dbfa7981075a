use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::ConnectInfo;
use axum::http::request;
use doorward::config::{Hold, RegistrationMode};
use doorward::event::PrintingObserver;
use doorward::mail::{SmtpBuilder, SmtpMailer};
use doorward::pages::{Frame, Look, Pages};
use doorward::second_factor::SecondFactorPolicy;
use doorward::store::{BackendError, SqliteStore};
use doorward::{Auth, Keyring, Mailer, Operator, Site};
use rand::TryRng;
use rand::rngs::SysRng;

use crate::details;
use crate::tables::Tables;

#[cfg(feature = "demo")]
pub type Clock = crate::demo::DemoClock;
#[cfg(not(feature = "demo"))]
pub type Clock = Arc<doorward::SystemClock>;

/// Everything the pages use. Cloning it is cheap.
#[derive(Clone, Debug)]
pub struct App {
    pub auth: Auth,
    pub pages: Pages,
    /// For operators only: none of its operations checks who calls.
    pub operator: Operator,
    /// For listing users, which no flow needs, so `Auth` does not offer it.
    pub store: SqliteStore,
    pub tables: Tables,
    pub clock: Clock,
    pub smtp: Option<SmtpMailer>,
    #[cfg(feature = "demo")]
    pub mailbox: crate::demo::Mailbox,
}

/// Command-line and environment settings.
#[derive(Debug)]
pub struct Options {
    /// The public URL. Every mailed link begins with it, whatever `Host` a request names.
    pub base_url: String,
    /// Such as `sqlite:///var/lib/acme/acme.db`.
    pub database: String,
    /// The mail server; by default a page shows mails instead.
    pub smtp: Option<SmtpBuilder>,
    pub second_factor_required: bool,
}

impl App {
    pub async fn open(options: Options) -> Result<Self, Box<dyn std::error::Error>> {
        let store = SqliteStore::connect(&options.database).await?.with_journal();
        store.migrate().await?;
        let tables = Tables::open(&options.database).await?;
        // The demo operator's password is public.
        if !cfg!(feature = "demo") && tables.setting("demo").await?.is_some() {
            return Err("this file belongs to a demo: use a new file for a real application".into());
        }
        #[cfg(feature = "demo")]
        let clock = Clock::ahead_by(
            tables
                .setting("clock_ahead")
                .await?
                .map_or(Ok(0), |kept| kept.as_slice().try_into().map(u64::from_be_bytes))?,
        );
        #[cfg(not(feature = "demo"))]
        let clock = Clock::default();
        let smtp = options.smtp.map(|smtp| smtp.clock(clock.clone()).observer(PrintingObserver).build()).transpose()?;
        #[cfg(feature = "demo")]
        let mailbox = crate::demo::Mailbox::new(clock.clone());
        let mailer: Arc<dyn Mailer> = match &smtp {
            Some(smtp) => Arc::new(smtp.clone()),
            #[cfg(feature = "demo")]
            None => Arc::new(mailbox.clone()),
            #[cfg(not(feature = "demo"))]
            None => return Err("no mail server is configured: set SMTP_URL".into()),
        };
        let (auth, operator) = Auth::builder(
            Site::new("Acme", &options.base_url, "help@acme.example")?,
            store.clone(),
            store.clone(),
            mailer,
        )
        .clock(clock.clone())
        .observer(PrintingObserver)
        .background(|work| drop(tokio::spawn(work)))
        // Short waits just delay the page; longer ones are shown to the user.
        .hold(Hold::up_to(Duration::from_secs(2), tokio::time::sleep).at_most(100))
        .keyring(Keyring::new("1", key(&tables, "keyring").await?)?)
        .index_key(key(&tables, "index_key").await?)
        .configure(|config| {
            config.registration.mode = RegistrationMode::Open;
            config.second_factor.remember_device = Some(Duration::from_secs(30 * 24 * 60 * 60));
            if options.second_factor_required {
                config.second_factor.policy = SecondFactorPolicy::Required;
            }
        })
        .build_with_operator()?;
        let pages = pages(&auth, &operator, &store, &tables)?;
        Ok(Self {
            auth,
            pages,
            operator,
            store,
            tables,
            clock,
            smtp,
            #[cfg(feature = "demo")]
            mailbox,
        })
    }
}

/// doorward's pages, and what the application says to them.
fn pages(
    auth: &Auth,
    operator: &Operator,
    store: &SqliteStore,
    tables: &Tables,
) -> Result<Pages, Box<dyn std::error::Error>> {
    let peer = |request: &request::Parts| Some(request.extensions.get::<ConnectInfo<SocketAddr>>()?.0.ip());
    let (of_operators, of_newcomers) = (tables.clone(), tables.clone());
    let pages = Pages::builder(auth.clone())
        .look(Look::new().frame(frame))
        .client_address(peer)
        .operators(operator.clone(), store.clone(), move |who| {
            let tables = of_operators.clone();
            async move {
                let profile = tables.profile(who.user_id()).await.map_err(BackendError::unavailable)?;
                Ok(profile.is_some_and(|profile| profile.operator))
            }
        })
        .onboarding(move |who| {
            let tables = of_newcomers.clone();
            async move {
                let profile = tables.profile(who.user_id()).await.map_err(BackendError::unavailable)?;
                Ok(profile.is_none().then(|| details::PATH.to_owned()))
            }
        })
        .onboarding_steps(["Your details"])
        .activity(store.clone());
    Ok(pages.build()?)
}

/// What is around every page: with the feature `demo`, links to its mailbox and its clock.
fn frame(frame: &Frame<'_>) -> String {
    let demo = if cfg!(feature = "demo") { include_str!("../templates/demo_links.html") } else { "" };
    format!(
        include_str!("../templates/frame.html"),
        language = frame.language,
        direction = frame.direction,
        title = frame.title,
        head = frame.head,
        account = frame.account,
        demo = demo,
        content = frame.content,
    )
}

/// Generates a key at the first start. Stored next to what it seals, it protects nothing: a real application gets its keys from
/// a secret manager.
async fn key(tables: &Tables, name: &str) -> Result<[u8; 32], Box<dyn std::error::Error>> {
    if let Some(kept) = tables.setting(name).await? {
        return Ok(kept.as_slice().try_into()?);
    }
    let mut key = [0; 32];
    SysRng.try_fill_bytes(&mut key)?;
    tables.set(name, &key).await?;
    Ok(key)
}
