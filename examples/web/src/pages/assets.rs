//! What the pages load. The style sheet and the icon are those of the feature `pages`.

use axum::http::header;
use axum::response::IntoResponse;

const KEPT: &str = "public, max-age=300";

pub async fn style() -> impl IntoResponse {
    let headers = [(header::CONTENT_TYPE, "text/css; charset=utf-8"), (header::CACHE_CONTROL, KEPT)];
    (headers, include_str!("../../../../src/pages/assets/style.css"))
}

pub async fn script() -> impl IntoResponse {
    let headers = [(header::CONTENT_TYPE, "text/javascript; charset=utf-8"), (header::CACHE_CONTROL, KEPT)];
    (headers, include_str!("../../assets/page.js"))
}

pub async fn icon() -> impl IntoResponse {
    let headers = [(header::CONTENT_TYPE, "image/svg+xml"), (header::CACHE_CONTROL, KEPT)];
    (headers, include_str!("../../../../src/pages/assets/icon.svg"))
}
