use core::convert::Infallible;
use core::fmt;
use core::pin::Pin;
use core::task::{Context, Poll};

use bytes::Bytes;
use http::StatusCode;
use http_body::{Body, Frame, SizeHint};
use http_body_util::{BodyExt, Full, LengthLimitError, Limited};

use super::answer::Sorry;

/// The body of a page: complete, in one piece.
#[derive(Clone, Default)]
pub struct PageBody(Full<Bytes>);

/// A page may show recovery codes.
impl fmt::Debug for PageBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PageBody([redacted])")
    }
}

impl PageBody {
    pub(super) fn new(bytes: Bytes) -> Self {
        Self(Full::new(bytes))
    }
}

impl Body for PageBody {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        Pin::new(&mut self.0).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.0.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.0.size_hint()
    }
}

/// Forms are small; of a longer body no more than this is read.
const LONGEST: usize = 8 * 1024;

pub(super) async fn read<B>(body: B) -> Result<Bytes, Sorry>
where
    B: Body,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    match Limited::new(body, LONGEST).collect().await {
        Ok(body) => Ok(body.to_bytes()),
        Err(error) if error.is::<LengthLimitError>() => Err(Sorry::Malformed(StatusCode::PAYLOAD_TOO_LARGE)),
        Err(_) => Err(Sorry::Malformed(StatusCode::BAD_REQUEST)),
    }
}
