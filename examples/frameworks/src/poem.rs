//! poem, by its `TowerCompatExt`.

use std::io;
use std::net::{IpAddr, SocketAddr};

use doorward::Auth;
use doorward::pages::PageBody;
use http::header;
use http::request::Parts;
use http_body_util::BodyExt;
use poem::endpoint::TowerCompatExt;
use poem::listener::TcpAcceptor;
use poem::{EndpointExt, IntoResponse, Request, Response, Route, Server};
use tokio::net::TcpListener;

use crate::{App, Error};

fn peer(request: &Parts) -> Option<IpAddr> {
    request.extensions.get::<SocketAddr>().map(SocketAddr::ip)
}

pub async fn serve(listener: TcpListener, auth: Auth) -> Result<(), Error> {
    let app = App::new(auth, peer)?;
    let (home_app, wave_app) = (app.clone(), app.clone());
    let routes = Route::new()
        .at("/", poem::get(poem::endpoint::make(move |request| home(home_app.clone(), request))))
        .at("/wave", poem::post(poem::endpoint::make(move |request| wave(wave_app.clone(), request))))
        // A pattern that is not empty: `/*path` would take `/` too.
        .at("/<.+>", app.pages.service().compat())
        .before(with_peer);
    Ok(Server::new_with_acceptor(TcpAcceptor::from_tokio(listener)?).run(routes).await?)
}

/// A conversion to the types of `http` leaves poem's own address out.
async fn with_peer(mut request: Request) -> poem::Result<Request> {
    if let Some(peer) = request.remote_addr().as_socket_addr().copied() {
        request.extensions_mut().insert(peer);
    }
    Ok(request)
}

async fn home(app: App, request: Request) -> Response {
    match app.member(&parts(request)).await {
        Ok(who) => poem::web::Html(app.greeting(&who)).with_header(header::CACHE_CONTROL, "no-store").into_response(),
        Err(response) => answer(response),
    }
}

async fn wave(app: App, request: Request) -> Response {
    let request = parts(request);
    if let Some(refusal) = app.pages.refuse_cross_site(&request) {
        return answer(refusal);
    }
    if let Err(response) = app.member(&request).await {
        return answer(response);
    }
    app.wave();
    poem::web::Redirect::see_other("/").into_response()
}

fn parts(request: Request) -> Parts {
    http::Request::from(request).into_parts().0
}

fn answer(response: http::Response<PageBody>) -> Response {
    response.map(|body| body.map_err(|never| -> io::Error { match never {} })).into()
}
