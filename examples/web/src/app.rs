use std::sync::Arc;
use std::time::Duration;

use base64ct::{Base64UrlUnpadded, Encoding};
use doorward::config::Hold;
use doorward::second_factor::SecondFactorPolicy;
use doorward::store::SqliteStore;
use doorward::{Auth, Keyring, Operator, Site};

use crate::activity::Activity;
use crate::post::{Post, Smtp};
use crate::random;
use crate::tables::Tables;

#[cfg(feature = "demo")]
pub type Clock = crate::demo::DemoClock;
#[cfg(not(feature = "demo"))]
pub type Clock = Arc<doorward::SystemClock>;

pub const SITE: &str = "Acme";
pub const SUPPORT: &str = "help@acme.example";

/// Everything the pages use. Cloning it is cheap.
#[derive(Clone, Debug)]
pub struct App(Arc<Parts>);

#[derive(Debug)]
pub struct Parts {
    pub auth: Auth,
    /// For operators only: none of its operations checks who calls.
    pub operator: Operator,
    /// For listing users, which no flow needs, so `Auth` does not offer it.
    pub store: SqliteStore,
    pub tables: Tables,
    pub clock: Clock,
    pub post: Post,
    pub activity: Activity,
    pub second_factor_required: bool,
    pub plain_cookies: bool,
}

impl std::ops::Deref for App {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0
    }
}

/// Command-line and environment settings.
#[derive(Clone, Debug)]
pub struct Options {
    /// The public URL. Every mailed link begins with it, whatever `Host` a request names.
    pub base_url: String,
    /// Such as `sqlite:///var/lib/acme/acme.db`.
    pub database: String,
    /// The mail server; by default a page shows mails instead.
    pub smtp: Option<Smtp>,
    pub second_factor_required: bool,
    /// Cookies without `__Host-` and `Secure`, for browsers that reject those over plain http even on localhost.
    pub plain_cookies: bool,
}

impl App {
    pub async fn open(options: &Options) -> Result<Self, Box<dyn std::error::Error>> {
        let store = SqliteStore::connect(&options.database).await?;
        store.migrate().await?;
        let tables = Tables::open(&options.database).await?;
        // The demo operator's password is public.
        if !cfg!(feature = "demo") && tables.setting("demo").await?.is_some() {
            return Err("this file belongs to a demo: use a new file for a real application".into());
        }
        let clock = clock(&tables).await?;
        let activity = Activity::default();
        let post = match &options.smtp {
            Some(smtp) => Post::Smtp(smtp.builder().clock(clock.clone()).observer(activity.clone()).build()?),
            #[cfg(feature = "demo")]
            None => Post::Mailbox(crate::demo::Mailbox::new(clock.clone())),
            #[cfg(not(feature = "demo"))]
            None => return Err("no mail server is configured: set SMTP_URL".into()),
        };
        let (auth, operator) =
            Auth::builder(Site::new(SITE, &options.base_url, SUPPORT)?, store.clone(), store.clone(), post.clone())
                .clock(clock.clone())
                .observer(activity.clone())
                .background(|work| drop(tokio::spawn(work)))
                // Short waits just delay the page; longer ones are shown to the user.
                .hold(Hold::up_to(Duration::from_secs(2), tokio::time::sleep).at_most(100))
                .keyring(Keyring::new("1", key(&tables, "keyring").await?)?)
                .index_key(key(&tables, "index_key").await?)
                .configure(|config| {
                    config.second_factor.remember_device = Some(Duration::from_secs(30 * 24 * 60 * 60));
                    if options.second_factor_required {
                        config.second_factor.policy = SecondFactorPolicy::Required;
                    }
                })
                .build_with_operator()?;
        Ok(Self(Arc::new(Parts {
            auth,
            operator,
            store,
            tables,
            clock,
            post,
            activity,
            second_factor_required: options.second_factor_required,
            plain_cookies: options.plain_cookies,
        })))
    }
}

#[cfg(feature = "demo")]
async fn clock(tables: &Tables) -> Result<Clock, Box<dyn std::error::Error>> {
    let ahead = tables.setting("clock_ahead").await?.and_then(|text| text.parse().ok());
    Ok(Clock::ahead_by(ahead.unwrap_or_default()))
}

#[cfg(not(feature = "demo"))]
async fn clock(_: &Tables) -> Result<Clock, Box<dyn std::error::Error>> {
    Ok(Arc::default())
}

/// Generates a key at the first start. Stored next to what it seals, it protects nothing: a real application gets its keys from
/// a secret manager.
async fn key(tables: &Tables, name: &str) -> Result<[u8; 32], Box<dyn std::error::Error>> {
    if let Some(text) = tables.setting(name).await? {
        let mut key = [0; 32];
        Base64UrlUnpadded::decode(&text, &mut key).map_err(|_| "a stored key is malformed")?;
        return Ok(key);
    }
    let key = random::bytes()?;
    tables.set(name, &Base64UrlUnpadded::encode_string(&key)).await?;
    Ok(key)
}
