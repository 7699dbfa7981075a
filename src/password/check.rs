use subtle::ConstantTimeEq;

use super::{PasswordPolicy, Rule, Violation, common, derived, temporary_digest};
use crate::types::{Digest, Email, Password};

/// The context in which a new password is checked: the service and the user.
#[derive(Clone, Copy, Debug)]
pub struct PolicyContext<'a> {
    service: &'a str,
    email: Option<&'a Email>,
    temporary: Option<&'a Digest>,
}

impl<'a> PolicyContext<'a> {
    /// For the service with this name.
    pub fn new(service: &'a str) -> Self {
        Self { service, email: None, temporary: None }
    }

    /// For the user with this address.
    #[must_use]
    pub fn email(self, email: &'a Email) -> Self {
        Self { email: Some(email), ..self }
    }

    /// For a user whose valid temporary password has this digest.
    pub(crate) fn temporary(self, temporary: Option<&'a Digest>) -> Self {
        Self { temporary, ..self }
    }
}

/// A password that meets the policy. Only [`PasswordPolicy::check`] makes one.
#[derive(Clone, Debug)]
pub struct NewPassword(Password);

impl NewPassword {
    /// The password.
    pub fn password(&self) -> &Password {
        &self.0
    }
}

impl PasswordPolicy {
    /// Checks a new password and names every rule that it breaks.
    ///
    /// Reuse and breaches are not checked here but when the password is set. Over-long input is reported only as too long, and
    /// not processed further.
    ///
    /// # Errors
    /// All violations, in the order of [`rules`](Self::rules).
    pub fn check(&self, password: &Password, context: &PolicyContext<'_>) -> Result<NewPassword, Vec<Violation>> {
        let broken: Vec<_> = self.rules().into_iter().filter(|rule| self.breaks(*rule, password, context)).collect();
        if broken.is_empty() {
            Ok(NewPassword(password.clone()))
        } else {
            Err(broken.into_iter().map(Violation::of).collect())
        }
    }

    fn breaks(&self, rule: Rule, password: &Password, context: &PolicyContext<'_>) -> bool {
        let text = password.expose();
        let chars = password.chars();
        if password.is_oversized() || chars > self.max_length {
            return matches!(rule, Rule::TooLong { .. });
        }
        match rule {
            Rule::TooShort { min } => chars < min,
            // Checked above.
            Rule::TooLong { .. } => false,
            Rule::NeedsLowercase => !text.chars().any(char::is_lowercase),
            Rule::NeedsUppercase => !text.chars().any(char::is_uppercase),
            Rule::NeedsDigit => !text.chars().any(char::is_numeric),
            Rule::NeedsSymbol => text.chars().all(|c| c.is_alphanumeric() || c.is_whitespace()),
            Rule::TooCommon => common::is_common(text),
            Rule::AboutTheAccount => self.is_about(text, context),
            #[cfg(feature = "zxcvbn")]
            Rule::TooWeak { score } => strength(text, context) < score,
            #[cfg(not(feature = "zxcvbn"))]
            Rule::TooWeak { .. } => false,
            Rule::Temporary => {
                let typed = temporary_digest(text);
                context.temporary.is_some_and(|temporary| temporary.as_bytes().ct_eq(typed.as_bytes()).into())
            }
            // Checked when the password is set.
            Rule::Reused { .. } | Rule::Breached => false,
            Rule::ControlCharacter => text.chars().any(|c| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}')),
        }
    }

    fn is_about(&self, text: &str, context: &PolicyContext<'_>) -> bool {
        let address = context.email.map(Email::canonical).unwrap_or_default();
        let words = [context.service, address].into_iter().chain(self.context_words.iter().map(String::as_str));
        derived::is_made_of(text, words)
    }
}

#[cfg(feature = "zxcvbn")]
fn strength(text: &str, context: &PolicyContext<'_>) -> u8 {
    let address = context.email.map(Email::canonical).unwrap_or_default();
    zxcvbn::zxcvbn(&super::estimable::estimable(text), &[context.service, address]).score().into()
}
