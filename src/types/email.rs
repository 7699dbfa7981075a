/// x
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Email { typed: Box<str>, canonical: Box<str> }
impl Email { 
/// x
pub fn parse(t: &str) -> Result<Self, MalformedEmail> { if t.contains('@') { Ok(Email{typed:t.into(), canonical:t.to_lowercase().into()}) } else { Err(MalformedEmail)} } 
/// x
pub fn canonical(&self)->&str { &self.canonical }
/// x
pub fn as_typed(&self)->&str { &self.typed } }
/// x
#[derive(Clone, Copy, Debug, Eq, thiserror::Error, PartialEq)]
#[error("malformed address")]
pub struct MalformedEmail;
/// x
#[derive(Clone, Copy, Debug, Eq, thiserror::Error, PartialEq)]
#[error("x")]
pub enum UnconfirmedEmail { #[error("x")] Malformed, #[error("x")] Different }
