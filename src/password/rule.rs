use super::PasswordPolicy;

/// One rule of a [`PasswordPolicy`], with its parameters.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum Rule {
    /// At least this many characters.
    TooShort {
        /// The minimum.
        min: usize,
    },
    /// At most this many characters.
    TooLong {
        /// The maximum.
        max: usize,
    },
    /// A lower-case letter.
    NeedsLowercase,
    /// An upper-case letter.
    NeedsUppercase,
    /// A digit.
    NeedsDigit,
    /// Anything but a letter, a digit or a space.
    NeedsSymbol,
    /// Not among the first guesses of an attacker.
    TooCommon,
    /// Not made of the user's address, the name of the service or the host's words.
    AboutTheAccount,
    /// At least this strong according to zxcvbn.
    TooWeak {
        /// The minimum score, 1 to 4.
        score: u8,
    },
    /// Not the temporary password.
    Temporary,
    /// Not one of the user's last passwords.
    Reused {
        /// How many are compared, including the current one.
        last: usize,
    },
    /// Not known from a breach.
    Breached,
    /// No control characters: no NUL, no line breaks.
    ControlCharacter,
}

impl Rule {
    /// A stable name in snake_case that says what is wrong when the rule is broken.
    pub fn code(&self) -> &'static str {
        match self {
            Self::TooShort { .. } => "too_short",
            Self::TooLong { .. } => "too_long",
            Self::NeedsLowercase => "needs_lowercase",
            Self::NeedsUppercase => "needs_uppercase",
            Self::NeedsDigit => "needs_digit",
            Self::NeedsSymbol => "needs_symbol",
            Self::TooCommon => "too_common",
            Self::AboutTheAccount => "about_the_account",
            Self::TooWeak { .. } => "too_weak",
            Self::Temporary => "temporary",
            Self::Reused { .. } => "reused",
            Self::Breached => "breached",
            Self::ControlCharacter => "control_character",
        }
    }

    /// Whether it is judged only when the password is set, since that takes knowledge of the account or a look-up.
    /// [`Auth::check_new_password`](crate::Auth::check_new_password) then does not report it, and a form shows it without a
    /// result.
    pub fn is_judged_when_set(&self) -> bool {
        matches!(self, Self::Temporary | Self::Reused { .. } | Self::Breached)
    }

    /// The rule as one English sentence, suitable above the field and beside a rejected password.
    pub fn text(&self) -> String {
        match self {
            Self::TooShort { min } => format!("Use at least {min} characters."),
            Self::TooLong { max } => format!("Use at most {max} characters."),
            Self::NeedsLowercase => "Use a lower-case letter.".into(),
            Self::NeedsUppercase => "Use an upper-case letter.".into(),
            Self::NeedsDigit => "Use a digit.".into(),
            Self::NeedsSymbol => "Use a symbol.".into(),
            Self::TooCommon => "Choose something less common, without repetitions or sequences.".into(),
            Self::AboutTheAccount => {
                "Do not base it on your email address, the name of this service or similar words.".into()
            }
            Self::TooWeak { .. } => "Choose something that is harder to guess.".into(),
            Self::Temporary => "Choose something other than the temporary password.".into(),
            Self::Reused { last: 1 } => "Choose something other than your last password.".into(),
            Self::Reused { last } => format!("Choose something other than your last {last} passwords."),
            Self::Breached => "Choose a password that has not appeared in a data breach.".into(),
            Self::ControlCharacter => "Leave out line breaks and other control characters.".into(),
        }
    }
}

/// A rule that a password broke.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct Violation(Rule);

impl Violation {
    pub(crate) fn of(rule: Rule) -> Self {
        Self(rule)
    }

    /// The rule, with its parameters.
    pub fn rule(&self) -> Rule {
        self.0
    }

    /// The rule's [`code`](Rule::code).
    pub fn code(&self) -> &'static str {
        self.0.code()
    }

    /// The rule's [`text`](Rule::text).
    pub fn text(&self) -> String {
        self.0.text()
    }
}

impl PasswordPolicy {
    /// The rules in display order, to show above the field before anyone types.
    pub fn rules(&self) -> Vec<Rule> {
        let Self { max_length: max, discouraged_composition: composition, .. } = *self;
        let min = self.fewest();
        let mut rules = vec![Rule::TooShort { min }, Rule::TooLong { max }];
        let demanded = [
            (composition.lowercase, Rule::NeedsLowercase),
            (composition.uppercase, Rule::NeedsUppercase),
            (composition.digit, Rule::NeedsDigit),
            (composition.symbol, Rule::NeedsSymbol),
            (!self.danger_allow_common, Rule::TooCommon),
        ];
        rules.extend(demanded.into_iter().filter_map(|(on, rule)| on.then_some(rule)));
        rules.push(Rule::AboutTheAccount);
        #[cfg(feature = "zxcvbn")]
        rules.extend(self.min_strength.map(|score| Rule::TooWeak { score }));
        rules.extend([Rule::Temporary, self.reused()]);
        rules.extend(self.breached.map(|_| Rule::Breached));
        rules.push(Rule::ControlCharacter);
        rules
    }

    /// The rules for the first password of somebody who registers: there is none before it to differ from.
    pub fn rules_for_registration(&self) -> Vec<Rule> {
        let mut rules = self.rules();
        rules.retain(|rule| !matches!(rule, Rule::Temporary | Rule::Reused { .. }));
        rules
    }

    /// The rule against reuse. Checking it means hashing, so it is judged only once the user has proved their identity.
    pub(crate) fn reused(&self) -> Rule {
        Rule::Reused { last: self.history + 1 }
    }
}
