//! Tokens between the form in which they travel and the one in which flows compare them.

use std::sync::Arc;

use crate::crypto::{HolderKeys, Keyring};
use crate::types::{Holder, Token, WireToken};

pub(crate) struct Tokens {
    /// `None`: ids travel in clear.
    keys: Option<HolderKeys>,
}

impl Tokens {
    pub(crate) fn new(keyring: Option<&Keyring>) -> Self {
        Self { keys: keyring.map(HolderKeys::of) }
    }

    /// `None` if no key at hand has sealed it. It then names nobody, so the time of a look-up has nobody to reveal.
    pub(crate) fn open(&self, wire: &WireToken) -> Option<Token> {
        let WireToken { holder, secret } = wire;
        let (user_id, sealed) = match holder {
            // Also where there are keys: the token may be older than they are.
            Holder::Clear(id) => (id.clone(), None),
            Holder::Sealed(sealed) => {
                let (id, up_to_date) = self.keys.as_ref()?.open(sealed, secret)?;
                (id, up_to_date.then(|| Arc::clone(sealed)))
            }
            Holder::Content(_) => return None,
        };
        Some(Token { user_id, secret: secret.clone(), sealed })
    }

    /// The token on its way out: one that was just issued, or that was found to be one of its user.
    pub(crate) fn wire(&self, token: &Token) -> WireToken {
        let Token { user_id, secret, sealed } = token;
        let holder = match (&self.keys, sealed) {
            (_, Some(sealed)) => Holder::Sealed(Arc::clone(sealed)),
            (Some(keys), None) => Holder::Sealed(Arc::new(keys.seal(user_id, secret))),
            (None, None) => Holder::Clear(user_id.clone()),
        };
        WireToken { holder, secret: secret.clone() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::{SecretBytes, SessionToken, UserId};

    fn tokens() -> Tokens {
        Tokens::new(Some(&Keyring::new("a", [7; 32]).expect("a key")))
    }

    /// The text of a token for `4711`, made by other libraries after the description in `crypto`. It pins the form: tokens outlive
    /// releases.
    const TEXT: &str = concat!(
        "AayvnUZx6RZymLq6PRN4IOeSJvd0HGq8TNeaCAZcmCzk2wbsOrE9Ou9QWvNxcu2dFUl45sb4IBFGVTgSueXpKPdiZNyPmXcm1D1uZUFMGUOfo",
        "C-KFyYjmv_5FLGdCphfT-Ev9tNtzH_3r2xOq8AEbeM5lDG1xTidzp_4eITjOT2zfgZ3azfK6hgPJVgUqv5VFw",
        ".AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"
    );

    #[test]
    fn a_token_is_sealed_as_described() {
        let secret = SecretBytes::new(core::array::from_fn(|at| at as u8));
        let token = Token::new(UserId::parse("4711").expect("an id"), secret);
        assert_eq!(SessionToken(tokens().wire(&token)).expose(), TEXT);
    }

    #[test]
    fn ids_of_every_length_open_again() {
        for length in 1..=UserId::MAX_BYTES {
            let (id, secret) = (UserId::parse(&"x".repeat(length)).expect("an id"), [length as u8; 32]);
            let wire = tokens().wire(&Token::new(id.clone(), SecretBytes::new(secret)));
            let opened = tokens().open(&wire).expect("it opens");
            assert_eq!((opened.user_id, *opened.secret.expose()), (id, secret));
        }
    }
}
