//! The result of a look-up by address: the same size for every user, so that its time reveals nothing.

use core::hint::black_box;
use std::sync::LazyLock;

use time::OffsetDateTime;

use super::state::User;
use crate::types::{BackendError, BackendErrorKind, Digest, Email, Span, UserId, base64url, micros};

/// The columns of nobody.
static DECOY: LazyLock<[String; 3]> = LazyLock::new(|| {
    let head = User::decoy().head();
    [head.id.to_string(), head.email.to_string(), head.encode()]
});

/// The part of a user that a look-up by address reads: the id, the address, and the digest of the valid temporary password.
/// Nothing more is read before a try is counted.
///
/// A repository stores its text ([`encode`](Self::encode)) beside the document, in the same statement, and
/// [`find_by_email`](crate::UserRepository::find_by_email) returns it alone. A try that comes too early is rejected without
/// computing a hash, so no hash hides how long its look-up took; reading the document would reveal whether there is one, and
/// how large it is (account enumeration).
#[derive(Clone)]
pub struct UserHead {
    id: UserId,
    email: Box<str>,
    temporary: Digest,
    span: Span,
}

/// The columns of a row that make a [`UserHead`].
#[derive(Clone, Copy)]
pub struct UserHeadRow<'a> {
    /// The id column.
    pub id: &'a str,
    /// The canonical address.
    pub email: &'a str,
    /// The text of [`UserHead::encode`].
    pub head: &'a str,
}

/// The layout of the text: a version, a digest, two instants.
const LAYOUT: u8 = 1;
const BYTES: usize = 1 + 32 + 8 + 8;

impl UserHead {
    /// The text to store: 66 characters for every user. It holds a digest, so it is kept like the document.
    pub fn encode(&self) -> String {
        let mut bytes = [0; BYTES];
        bytes[0] = LAYOUT;
        bytes[1..33].copy_from_slice(self.temporary.as_bytes());
        bytes[33..41].copy_from_slice(&micros::to_i64(self.span.issued_at).to_be_bytes());
        bytes[41..49].copy_from_slice(&micros::to_i64(self.span.expires_at).to_be_bytes());
        base64url::encode(&bytes)
    }

    /// What an adapter calls with the row it found or did not find. Where there is none, a decoy is read and dropped.
    ///
    /// ```
    /// use doorward::store::{BackendErrorKind, UserHeadRow, UserHead};
    ///
    /// assert!(UserHead::decode(None)?.is_none());
    /// let cut_off = UserHeadRow { id: "4711", email: "ann@acme.example", head: "AQAA" };
    /// assert_eq!(UserHead::decode(Some(cut_off)).unwrap_err().kind(), BackendErrorKind::Unreadable);
    /// # Ok::<(), doorward::store::BackendError>(())
    /// ```
    ///
    /// # Errors
    /// [`Unreadable`](BackendErrorKind::Unreadable) if the columns are not what [`encode`](Self::encode) and
    /// [`User`] wrote.
    pub fn decode(row: Option<UserHeadRow<'_>>) -> Result<Option<UserHead>, BackendError> {
        let [id, email, head] = &*DECOY;
        let read = black_box(Self::read(row.unwrap_or(UserHeadRow { id, email, head })));
        match row {
            Some(_) => read.map(Some).ok_or_else(|| BackendError::new(BackendErrorKind::Unreadable)),
            None => Ok(None),
        }
    }

    fn read(row: UserHeadRow<'_>) -> Option<Self> {
        let bytes = base64url::decode_array::<BYTES>(row.head)?;
        let (layout, rest) = bytes.split_first()?;
        let (temporary, times) = rest.split_first_chunk::<32>()?;
        let (issued_at, expires_at) = times.split_first_chunk::<8>()?;
        let at = |bytes: &[u8]| micros::from_i64(i64::from_be_bytes(bytes.try_into().ok()?));
        let span = Span { issued_at: at(issued_at)?, expires_at: at(expires_at)? };
        (*layout == LAYOUT).then_some(())?;
        let id = UserId::parse(row.id).ok()?;
        Some(Self { id, email: row.email.into(), temporary: Digest::new(*temporary), span })
    }

    /// The head of a user that is at hand, for stores that keep no texts. Where there is none, that of a decoy is made and
    /// dropped.
    pub fn of(user: Option<&User>) -> Option<UserHead> {
        let head = black_box(user.unwrap_or(&User::decoy()).head());
        user.map(|_| head)
    }

    /// Whose address it is.
    pub fn id(&self) -> &UserId {
        &self.id
    }

    /// Whether the address asked for is the stored one, byte for byte in canonical form.
    pub(crate) fn is_of(&self, email: &Email) -> bool {
        &*self.email == email.canonical()
    }

    /// Whether the typed text, digested, is the live temporary password. The same work for every user.
    pub(crate) fn matches_temporary(&self, typed: &Digest, now: OffsetDateTime) -> bool {
        bool::from(self.temporary.ct_eq(typed)) & self.span.is_alive(now)
    }
}

impl User {
    /// What a look-up by this user's address finds.
    pub fn head(&self) -> UserHead {
        let temporary = self.document.temporary.as_ref().filter(|_| self.is_active());
        // Without one: the digest of nothing, whose life is over. 256 random bits would have to hash to it.
        let none = (
            Digest::new([0; 32]),
            Span { issued_at: OffsetDateTime::UNIX_EPOCH, expires_at: OffsetDateTime::UNIX_EPOCH },
        );
        let (digest, span) = temporary.map_or(none, |temporary| (temporary.digest, temporary.span));
        UserHead { id: self.id.clone(), email: self.email.canonical().into(), temporary: digest, span }
    }
}

/// A head shows no digest.
impl core::fmt::Debug for UserHead {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("UserHead").field("id", &self.id).finish_non_exhaustive()
    }
}

impl core::fmt::Debug for UserHeadRow<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("UserHeadRow").field("id", &self.id).finish_non_exhaustive()
    }
}

impl PartialEq for UserHead {
    fn eq(&self, other: &Self) -> bool {
        self.id == other.id && self.email == other.email && self.encode() == other.encode()
    }
}
