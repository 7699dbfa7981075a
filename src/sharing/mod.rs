//! Floor 2: signs that several people share an account.

#[cfg(test)]
#[path = "../../tests/unit/sharing/mod.rs"]
mod tests;
