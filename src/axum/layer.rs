use core::pin::Pin;
use core::sync::atomic::{AtomicBool, Ordering};
use core::task::{Context, Poll};
use std::sync::Arc;

use axum_core::body::Body;
use axum_core::extract::Request;
use axum_core::response::{IntoResponse, Response};
use doorward::pages::Pages;
use http::header::{self, HeaderValue};
use tower_layer::Layer;
use tower_service::Service;

/// Mounts the pages around a router, for `Router::layer`. Apply it last, outside of other layers and of `nest`: the paths are those
/// of the [`Site`](crate::Site), and `Router::layer` covers only routes, and a fallback, that were added before it.
///
/// - A request for [one of the pages](Pages::has) is answered by it. A route of yours with the same path is not reached.
/// - Any other request that **another site** made the browser send (CSRF) is refused with 403, unless it is GET, HEAD or OPTIONS:
///   forms of your own need nothing else. WebSocket handshakes are refused as well.
///   A client without `Sec-Fetch-Site` and `Origin`, such as a webhook, passes. Add routes for
///   other origins (CORS) after the layer.
/// - What is left reaches your routes, where the extractors of [this module](crate::axum) work.
///
/// A response of a handler that was told who is signed in gets `Cache-Control: no-store`, unless it has a `Cache-Control` of its own.
/// Your responses get no other header.
pub fn layer(pages: &Pages) -> PagesLayer {
    PagesLayer { pages: pages.clone() }
}

/// Made by [`layer`].
#[derive(Clone, Debug)]
#[must_use = "the pages are mounted by `Router::layer`"]
pub struct PagesLayer {
    pages: Pages,
}

/// A router with pages, made by [`PagesLayer`].
#[derive(Clone, Debug)]
pub struct WithPages<S> {
    pages: Pages,
    inner: S,
}

/// What the extractors need of the layer.
#[derive(Clone)]
pub(super) struct Mounted {
    pub(super) pages: Pages,
    /// The path and query as the browser sent them: routers that are nested see less.
    pub(super) asked_for: String,
    /// Set once a handler is told who is signed in.
    pub(super) personal: Arc<AtomicBool>,
}

impl<S> Layer<S> for PagesLayer {
    type Service = WithPages<S>;

    fn layer(&self, inner: S) -> WithPages<S> {
        WithPages { pages: self.pages.clone(), inner }
    }
}

impl<S> Service<Request> for WithPages<S>
where
    S: Service<Request> + Clone + Send + 'static,
    S::Response: IntoResponse,
    S::Future: Send,
{
    type Response = Response;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Response, S::Error>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, mut request: Request) -> Self::Future {
        let pages = self.pages.clone();
        let foreign = pages.is_cross_site(request.method(), request.headers());
        if foreign || pages.has(request.uri().path()) {
            return Box::pin(async move { Ok(pages.respond(request).await.map(Body::new)) });
        }
        let asked_for = request.uri().path_and_query().map(|asked| asked.as_str().to_owned()).unwrap_or_default();
        let personal = Arc::new(AtomicBool::new(false));
        request.extensions_mut().insert(Mounted { pages, asked_for, personal: Arc::clone(&personal) });
        // The clone has not been asked whether it is ready.
        let inner = self.inner.clone();
        let mut ready = core::mem::replace(&mut self.inner, inner);
        Box::pin(async move {
            let mut response = ready.call(request).await?.into_response();
            if personal.load(Ordering::Relaxed) {
                response.headers_mut().entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
            }
            Ok(response)
        })
    }
}
