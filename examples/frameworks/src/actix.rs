//! actix-web, by a bridge: it has types of its own, and those of `http` in version 0.2.

use std::net::{IpAddr, SocketAddr};

use actix_web::body::SizedStream;
use actix_web::http::StatusCode;
use actix_web::web::{self, Data, Html, Payload, Redirect};
use actix_web::{App as Routes, Either, HttpRequest, HttpResponse, HttpServer, Responder};
use doorward::Auth;
use doorward::pages::PageBody;
use futures_util::stream::{StreamExt, empty};
use http::{Request, Response, header};
use http_body_util::{BodyExt, Collected, StreamBody};
use hyper::body::Frame;
use tokio::net::TcpListener;

use crate::{App, Error};

/// The head of a request, and a body of any kind.
fn convert<B>(request: &HttpRequest, body: B) -> Result<Request<B>, actix_web::Error> {
    let mut converted = Request::builder().method(request.method().as_str()).uri(request.uri().to_string());
    for (name, value) in request.headers() {
        converted = converted.header(name.as_str(), value.as_bytes());
    }
    if let Some(peer) = request.peer_addr() {
        converted = converted.extension(peer);
    }
    converted.body(body).map_err(actix_web::error::ErrorBadRequest)
}

async fn answer(page: Response<PageBody>) -> HttpResponse {
    let (head, body) = page.into_parts();
    let Ok(body) = body.collect().await.map(Collected::to_bytes);
    let mut response = HttpResponse::build(StatusCode::from_u16(head.status.as_u16()).unwrap_or_default());
    for (name, value) in &head.headers {
        response.append_header((name.as_str(), value.as_bytes()));
    }
    // What HEAD would get: actix-web writes the length of the body itself.
    match head.headers.get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok()) {
        Some(length) if body.is_empty() => response.body(SizedStream::new(length, empty::<std::io::Result<_>>())),
        _ => response.body(body),
    }
}

fn peer(request: &http::request::Parts) -> Option<IpAddr> {
    request.extensions.get::<SocketAddr>().map(SocketAddr::ip)
}

pub async fn serve(listener: TcpListener, auth: Auth) -> Result<(), Error> {
    let app = Data::new(App::new(auth, peer)?);
    let routes = move || {
        let home = web::resource("/").route(web::get().to(home)).route(web::head().to(home));
        Routes::new()
            .app_data(app.clone())
            .service(home)
            .route("/wave", web::post().to(wave))
            .default_service(web::to(pages))
    };
    Ok(HttpServer::new(routes).listen(listener.into_std()?)?.run().await?)
}

async fn pages(app: Data<App>, request: HttpRequest, body: Payload) -> actix_web::Result<HttpResponse> {
    // The pages read no more of it than they need.
    let body = StreamBody::new(body.map(|chunk| chunk.map(Frame::data)));
    Ok(answer(app.pages.respond(convert(&request, body)?).await).await)
}

async fn home(app: Data<App>, request: HttpRequest) -> actix_web::Result<impl Responder> {
    Ok(match app.member(&convert(&request, ())?.into_parts().0).await {
        Ok(who) => Either::Left(Html::new(app.greeting(&who)).customize().insert_header(("cache-control", "no-store"))),
        Err(page) => Either::Right(answer(page).await),
    })
}

async fn wave(app: Data<App>, request: HttpRequest) -> actix_web::Result<impl Responder> {
    let head = convert(&request, ())?.into_parts().0;
    if app.pages.is_cross_site(&head.method, &head.headers) {
        return Err(actix_web::error::ErrorForbidden("Another site sent this."));
    }
    if let Err(page) = app.member(&head).await {
        return Ok(Either::Right(answer(page).await));
    }
    app.wave();
    Ok(Either::Left(Redirect::to("/").see_other()))
}
