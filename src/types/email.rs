/// x
#[derive(Clone)]
pub struct Email {
    typed: Box<str>,
    canonical: Box<str>,
}
/// x
#[derive(Clone, Copy, Debug, Eq, thiserror::Error, PartialEq)]
#[error("malformed address")]
pub struct MalformedEmail;
/// x
#[derive(Clone, Copy, Debug, Eq, thiserror::Error, PartialEq)]
#[error("x")]
pub enum UnconfirmedEmail {
    #[error("x")]
    Malformed,
    #[error("x")]
    Different,
}
