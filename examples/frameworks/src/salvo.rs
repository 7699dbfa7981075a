//! salvo, by its `TowerServiceCompat`.

use std::net::{IpAddr, SocketAddr};

use doorward::Auth;
use doorward::pages::PageBody;
use http::request::Parts;
use http::{StatusCode, header};
use http_body_util::BodyExt;
use salvo::conn::tcp::TcpAcceptor;
use salvo::http::ReqBody;
use salvo::prelude::{Redirect, Request, Response, Router, Server, Text, TowerServiceCompat, handler};
use tokio::net::TcpListener;

use crate::{App, Error};

fn peer(request: &Parts) -> Option<IpAddr> {
    request.extensions.get::<SocketAddr>().map(SocketAddr::ip)
}

pub async fn serve(listener: TcpListener, auth: Auth) -> Result<(), Error> {
    let app = App::new(auth, peer)?;
    // The service takes any body; salvo has to be told that it takes its own.
    let pages = TowerServiceCompat::<ReqBody, _, _, _>::compat(app.pages.service());
    let pages = Router::with_path("{**path}").goal(pages);
    let wave = Router::with_path("wave").post(Wave(app.clone()));
    let own = Router::new().get(Home(app.clone())).head(Home(app));
    let router = Router::new().hoop(with_peer).push(own).push(wave).push(pages);
    Ok(Server::new(TcpAcceptor::try_from(listener)?).try_serve(router).await?)
}

/// A conversion to the types of `http` leaves salvo's own address out.
#[handler]
async fn with_peer(request: &mut Request) {
    if let Some(peer) = request.remote_addr().clone().into_std() {
        request.extensions_mut().insert(peer);
    }
}

struct Home(App);

#[handler]
impl Home {
    async fn handle(&self, request: &mut Request, response: &mut Response) {
        match self.0.member(&parts(request)).await {
            Ok(who) => {
                response.headers_mut().insert(header::CACHE_CONTROL, header::HeaderValue::from_static("no-store"));
                response.render(Text::Html(self.0.greeting(&who)));
            }
            Err(page) => answer(page, response).await,
        }
    }
}

struct Wave(App);

#[handler]
impl Wave {
    async fn handle(&self, request: &mut Request, response: &mut Response) {
        if self.0.pages.is_cross_site(request.method(), request.headers()) {
            response.status_code(StatusCode::FORBIDDEN).render("Another site sent this.");
            return;
        }
        if let Err(page) = self.0.member(&parts(request)).await {
            return answer(page, response).await;
        }
        self.0.wave();
        response.render(Redirect::other("/"));
    }
}

fn parts(request: &Request) -> Parts {
    let mut parts = http::Request::new(()).into_parts().0;
    (parts.method, parts.uri) = (request.method().clone(), request.uri().clone());
    (parts.headers, parts.extensions) = (request.headers().clone(), request.extensions().clone());
    parts
}

async fn answer(page: http::Response<PageBody>, response: &mut Response) {
    let (parts, body) = page.into_parts();
    let Ok(body) = body.collect().await;
    response.status_code(parts.status).set_headers(parts.headers);
    response.body(body.to_bytes());
}
