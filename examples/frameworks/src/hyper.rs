//! hyper without a framework: the host routes by hand.

use std::convert::Infallible;
use std::net::{IpAddr, SocketAddr};

use doorward::Auth;
use doorward::pages::PageBody;
use http::request::Parts;
use http::{Method, Request, Response, StatusCode, header};
use http_body_util::{Either, Full};
use hyper::body::{Bytes, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::TcpListener;

use crate::{App, Error};

type Body = Either<PageBody, Full<Bytes>>;

fn peer(request: &Parts) -> Option<IpAddr> {
    request.extensions.get::<SocketAddr>().map(SocketAddr::ip)
}

pub async fn serve(listener: TcpListener, auth: Auth) -> Result<(), Error> {
    let app = App::new(auth, peer)?;
    loop {
        let (stream, peer) = listener.accept().await?;
        let app = app.clone();
        let service = service_fn(move |mut request| {
            request.extensions_mut().insert(peer);
            let app = app.clone();
            async move { Ok::<_, Infallible>(respond(&app, request).await) }
        });
        // The timer ends connections that never send a request.
        let connection = http1::Builder::new().timer(TokioTimer::new()).serve_connection(TokioIo::new(stream), service);
        tokio::spawn(connection);
    }
}

async fn respond(app: &App, request: Request<Incoming>) -> Response<Body> {
    match (request.method(), request.uri().path()) {
        (&Method::GET | &Method::HEAD, "/") => home(app, &request.into_parts().0).await,
        (&Method::POST, "/wave") => wave(app, &request.into_parts().0).await,
        _ => app.pages.respond(request).await.map(Either::Left),
    }
}

async fn home(app: &App, request: &Parts) -> Response<Body> {
    let who = match app.member(request).await {
        Ok(who) => who,
        Err(response) => return response.map(Either::Left),
    };
    let html = [(header::CONTENT_TYPE, "text/html; charset=utf-8"), (header::CACHE_CONTROL, "no-store")];
    answer(StatusCode::OK, html, app.greeting(&who))
}

async fn wave(app: &App, request: &Parts) -> Response<Body> {
    if app.pages.is_cross_site(&request.method, &request.headers) {
        return answer(StatusCode::FORBIDDEN, [], "Another site sent this.");
    }
    if let Err(response) = app.member(request).await {
        return response.map(Either::Left);
    }
    app.wave();
    answer(StatusCode::SEE_OTHER, [(header::LOCATION, "/")], "")
}

fn answer<const N: usize>(
    status: StatusCode,
    headers: [(header::HeaderName, &'static str); N],
    body: impl Into<Bytes>,
) -> Response<Body> {
    let mut response = Response::new(Either::Right(Full::new(body.into())));
    *response.status_mut() = status;
    response.headers_mut().extend(headers.map(|(name, value)| (name, header::HeaderValue::from_static(value))));
    response
}
