use thiserror::Error;

/// A setting is out of bounds.
#[derive(Clone, Debug, Eq, Error, PartialEq)]
#[error("config.{field} {problem}")]
pub struct ConfigError {
    field: String,
    problem: String,
}

impl ConfigError {
    pub(crate) fn new(field: impl Into<String>, problem: impl Into<String>) -> Self {
        Self { field: field.into(), problem: problem.into() }
    }

    /// The field at fault, such as `throttle.cap`.
    pub fn field(&self) -> &str {
        &self.field
    }
}
