use super::PasswordPolicy;

impl PasswordPolicy {
    /// The value for a form field's `passwordrules` attribute, by which password managers generate an acceptable password.
    ///
    /// ```
    /// let policy = doorward::password::PasswordPolicy::default();
    /// assert_eq!(policy.password_rules_attribute(), "minlength: 15; maxlength: 256; allowed: unicode;");
    /// ```
    pub fn password_rules_attribute(&self) -> String {
        let demanded = self.discouraged_composition;
        let required: String = [
            (demanded.lowercase, "required: lower; "),
            (demanded.uppercase, "required: upper; "),
            (demanded.digit, "required: digit; "),
            (demanded.symbol, "required: special; "),
        ]
        .into_iter()
        .filter_map(|(on, text)| on.then_some(text))
        .collect();
        format!("minlength: {}; maxlength: {}; {required}allowed: unicode;", self.fewest(), self.max_length)
    }
}
