use std::sync::Arc;
use std::time::Duration;

use base64ct::{Base64UrlUnpadded, Encoding};
use doorward::{Auth, Hold, Keyring, SecondFactorPolicy, Site, SqliteStore};

use crate::activity::Activity;
use crate::clock::DemoClock;
use crate::mailbox::Mailbox;
use crate::random;
use crate::tables::Tables;

pub const SITE: &str = "Acme";
pub const SUPPORT: &str = "help@acme.example";

/// Everything the pages use. Cloning it is cheap.
#[derive(Clone, Debug)]
pub struct App(Arc<Parts>);

#[derive(Debug)]
pub struct Parts {
    pub auth: Auth,
    /// For the list of users, which no flow needs and `Auth` therefore does not have.
    pub store: SqliteStore,
    pub tables: Tables,
    pub clock: DemoClock,
    pub mailbox: Mailbox,
    pub activity: Activity,
    pub plain_cookies: bool,
}

impl std::ops::Deref for App {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0
    }
}

/// What differs from one start to the next.
#[derive(Clone, Debug)]
pub struct Options {
    /// Where browsers find it. Every mailed link begins with this, whatever a request says.
    pub base_url: String,
    /// Such as `sqlite:///var/lib/acme/acme.db`.
    pub database: String,
    pub second_factor_required: bool,
    /// Cookies without `__Host-` and `Secure`, for a browser that refuses those over plain http even on localhost.
    pub plain_cookies: bool,
}

impl App {
    pub async fn open(options: &Options) -> Result<Self, Box<dyn std::error::Error>> {
        let store = SqliteStore::connect(&options.database).await?;
        store.migrate().await?;
        let tables = Tables::open(&options.database).await?;
        let ahead = tables.setting("clock_ahead").await?.and_then(|text| text.parse().ok());
        let clock = DemoClock::ahead_by(ahead.unwrap_or_default());
        let (mailbox, activity) = (Mailbox::new(clock.clone()), Activity::default());
        let required = options.second_factor_required;
        let auth =
            Auth::builder(Site::new(SITE, &options.base_url, SUPPORT)?, store.clone(), store.clone(), mailbox.clone())
                .clock(clock.clone())
                .observer(activity.clone())
                .background(|work| drop(tokio::spawn(work)))
                // The first waits are served by letting the page take longer. Whoever has to wait longer is told.
                .hold(Hold::up_to(Duration::from_secs(2), tokio::time::sleep).at_most(100))
                .keyring(Keyring::new("1", key(&tables, "keyring").await?)?)
                .index_key(key(&tables, "index_key").await?)
                .configure(|config| {
                    config.second_factor.remember_device = Some(Duration::from_secs(30 * 24 * 60 * 60));
                    if required {
                        config.second_factor.policy = SecondFactorPolicy::Required;
                    }
                })
                .build()?;
        let plain_cookies = options.plain_cookies;
        Ok(Self(Arc::new(Parts { auth, store, tables, clock, mailbox, activity, plain_cookies })))
    }
}

/// A key that is drawn at the first start. Beside what it seals it protects nothing: a real application has its keys from a
/// secret manager.
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
