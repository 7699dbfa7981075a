//! Rocket, by a bridge: it has types of its own.

use std::net::{IpAddr, SocketAddr};

use doorward::Auth;
use doorward::pages::{PageBody, Pages};
use http::request::Parts;
use http_body_util::{BodyExt, Full};
use hyper::body::Bytes;
use rocket::data::{Data, ToByteUnit};
use rocket::http::{Method, Status};
use rocket::request::{FromRequest, Outcome, Request};
use rocket::response::{self, Redirect, Responder, Response};
use rocket::route::{self, Handler, Route};
use rocket::{Config, Either, State, get, post, routes};
use tokio::net::TcpListener;

use crate::{App, Error};

/// The head of a request in the types of `http`.
struct Head(Parts);

#[rocket::async_trait]
impl<'r> FromRequest<'r> for Head {
    type Error = http::Error;

    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, http::Error> {
        let mut head = http::Request::builder().method(request.method().as_str()).uri(request.uri().to_string());
        for header in request.headers().iter() {
            head = head.header(header.name.as_str(), header.value.as_bytes());
        }
        // Not `client_ip`, which believes a header.
        if let Some(peer) = request.remote() {
            head = head.extension(peer);
        }
        match head.body(()) {
            Ok(head) => Outcome::Success(Self(head.into_parts().0)),
            Err(error) => Outcome::Error((Status::BadRequest, error)),
        }
    }
}

struct Answer(Response<'static>);

impl<'r> Responder<'r, 'static> for Answer {
    fn respond_to(self, _: &'r Request<'_>) -> response::Result<'static> {
        Ok(self.0)
    }
}

async fn answer(page: http::Response<PageBody>) -> Answer {
    let (head, body) = page.into_parts();
    let Ok(body) = body.collect().await;
    let body = body.to_bytes();
    let mut response = Response::new();
    response.set_status(Status::new(head.status.as_u16()));
    for (name, value) in &head.headers {
        let value = String::from_utf8_lossy(value.as_bytes()).into_owned();
        response.adjoin_raw_header(name.as_str().to_owned(), value);
    }
    // Without a body of known size, as for HEAD, the length of the head stays.
    if !body.is_empty() {
        response.set_sized_body(body.len(), std::io::Cursor::new(body));
    }
    Answer(response)
}

/// Every path that no other route takes.
#[derive(Clone)]
struct Mounted(Pages);

#[rocket::async_trait]
impl Handler for Mounted {
    async fn handle<'r>(&self, request: &'r Request<'_>, data: Data<'r>) -> route::Outcome<'r> {
        // Rocket answers HEAD by the routes of GET, if no other takes it.
        if request.method() == Method::Head && !self.0.has(request.uri().path().as_str()) {
            return route::Outcome::forward(data, Status::NotFound);
        }
        let Outcome::Success(Head(head)) = request.guard().await else {
            return route::Outcome::Error(Status::BadRequest);
        };
        // A byte more than the pages read, so that they refuse what is longer.
        let Ok(body) = data.open(8.kibibytes() + 1).into_bytes().await else {
            return route::Outcome::Error(Status::BadRequest);
        };
        let converted = http::Request::from_parts(head, Full::<Bytes>::from(body.into_inner()));
        route::Outcome::Success(answer(self.0.respond(converted).await).await.0)
    }
}

fn peer(request: &Parts) -> Option<IpAddr> {
    request.extensions.get::<SocketAddr>().map(SocketAddr::ip)
}

pub async fn serve(listener: TcpListener, auth: Auth) -> Result<(), Error> {
    let app = App::new(auth, peer)?;
    let at = listener.local_addr()?;
    drop(listener); // Rocket 0.5 binds by itself.
    let config = Config { address: at.ip(), port: at.port(), ..Config::default() };
    use Method::{Delete, Get, Head, Options, Patch, Post, Put};
    let methods = [Get, Head, Post, Put, Delete, Options, Patch];
    let pages = methods.map(|method| Route::ranked(20, method, "/<path..>", Mounted(app.pages.clone())));
    let rocket = rocket::custom(config).manage(app).mount("/", routes![home, wave]).mount("/", pages);
    Ok(rocket.launch().await.map(drop)?)
}

#[derive(Responder)]
#[response(content_type = "html")]
struct Personal(String, rocket::http::Header<'static>);

#[get("/")]
async fn home(app: &State<App>, head: Head) -> Either<Personal, Answer> {
    match app.member(&head.0).await {
        Ok(who) => Either::Left(Personal(app.greeting(&who), rocket::http::Header::new("cache-control", "no-store"))),
        Err(page) => Either::Right(answer(page).await),
    }
}

#[post("/wave")]
async fn wave(app: &State<App>, head: Head) -> Result<Redirect, Either<Status, Answer>> {
    if app.pages.is_cross_site(&head.0.method, &head.0.headers) {
        return Err(Either::Left(Status::Forbidden));
    }
    match app.member(&head.0).await {
        Ok(_) => app.wave(),
        Err(page) => return Err(Either::Right(answer(page).await)),
    }
    Ok(Redirect::to("/"))
}
