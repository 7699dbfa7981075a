//! axum by the service alone. With doorward's feature `axum`, a layer and extractors do more of this.

use std::net::{IpAddr, SocketAddr};

use axum::Router;
use axum::extract::{ConnectInfo, State};
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use doorward::Auth;
use http::header;
use http::request::Parts;
use tokio::net::TcpListener;

use crate::{App, Error};

fn peer(request: &Parts) -> Option<IpAddr> {
    request.extensions.get::<ConnectInfo<SocketAddr>>().map(|peer| peer.0.ip())
}

pub async fn serve(listener: TcpListener, auth: Auth) -> Result<(), Error> {
    let app = App::new(auth, peer)?;
    let pages = app.pages.service();
    let router = Router::new().route("/", get(home)).route("/wave", post(wave)).fallback_service(pages).with_state(app);
    Ok(axum::serve(listener, router.into_make_service_with_connect_info::<SocketAddr>()).await?)
}

async fn home(State(app): State<App>, request: Parts) -> Response {
    match app.member(&request).await {
        Ok(who) => ([(header::CACHE_CONTROL, "no-store")], Html(app.greeting(&who))).into_response(),
        Err(response) => response.into_response(),
    }
}

async fn wave(State(app): State<App>, request: Parts) -> Response {
    if let Some(refusal) = app.pages.refuse_cross_site(&request) {
        return refusal.into_response();
    }
    if let Err(response) = app.member(&request).await {
        return response.into_response();
    }
    app.wave();
    Redirect::to("/").into_response()
}
