//! Taking over an account of another system, with the hash of its password.

use std::sync::Arc;

use crate::account::Import;
use crate::account::Imported;
use crate::engine::Engine;
use crate::error::{ImportError, Unavailable};
use crate::event::EventKind;
use crate::store::Insert;
use crate::user::{Fresh, User};

pub(crate) async fn import_user(engine: &Arc<Engine>, account: Import) -> Result<Imported, ImportError> {
    engine.open()?;
    let fresh = Fresh::draw().map_err(Unavailable::from)?;
    let Import { email, hash, id, change_required } = account;
    let id = id.unwrap_or_else(|| fresh.user_id.clone());
    let kept = engine.keep(&hash, &id).map_err(Unavailable::from)?;
    let user = User::import(id, email, kept, change_required, engine.now(), &fresh);
    match engine.insert(&user).await? {
        Insert::Stored => {}
        Insert::EmailTaken => return Err(ImportError::EmailTaken),
        Insert::IdTaken => return Err(ImportError::IdTaken),
    }
    let scheme = hash.scheme();
    engine.report(EventKind::Imported { scheme }).user(&user).send();
    Ok(Imported { user_id: user.id().clone(), scheme, risks: hash.risks(), cost: hash.cost() })
}
