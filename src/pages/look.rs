use core::any::{Any, TypeId};
use core::fmt;
use std::collections::HashMap;

use askama::Template;

use super::page::Page;
use super::page_model::PageModel;

type DrawFrame = dyn Fn(&Frame<'_>) -> String + Send + Sync;
type DrawPage = dyn Fn(&dyn Any) -> Option<String> + Send + Sync;

/// A page that the host draws.
struct Own {
    draw: Box<DrawPage>,
    /// Whether it is the whole document.
    is_whole: bool,
}

/// How the pages look: a style sheet of your own, a frame around every page, and pages that you draw yourself.
///
/// ```
/// use doorward::pages::Look;
///
/// let look = Look::new().stylesheet("/assets/acme.css").frame(|frame| {
///     format!(
///         "<!doctype html><html lang=\"{}\" dir=\"{}\"><head><title>{}</title>{}</head>\
///          <body><nav><a href=\"/\">Acme</a> {}</nav>{}<footer>Acme Ltd</footer></body></html>",
///         frame.language, frame.direction, frame.title, frame.head, frame.account, frame.content,
///     )
/// });
/// # drop(look);
/// ```
#[derive(Default)]
#[must_use = "it is passed to `PagesBuilder::look`"]
pub struct Look {
    pub(super) stylesheet: Option<String>,
    pub(super) frame: Option<Box<DrawFrame>>,
    own: HashMap<TypeId, Own>,
}

/// A page for [`Look::frame`]. Everything in it is HTML, escaped already.
#[derive(Clone, Copy)]
#[non_exhaustive]
pub struct Frame<'a> {
    /// The language, for `<html lang>`.
    pub language: &'a str,
    /// `ltr` or `rtl`, for `<html dir>`.
    pub direction: &'a str,
    /// The text of `<title>`.
    pub title: &'a str,
    /// What belongs into `<head>`: the character set, the viewport, style sheets, the icon and the script.
    pub head: &'a str,
    /// What belongs into `<body>`: the element `<main>`.
    pub content: &'a str,
    /// For a header: a link to "My password and security" and a button to sign out, which has the colour of the text around it. Empty
    /// if nobody is signed in. Operators know the path of their [accounts](super::Pages::accounts_path): link it from a page of yours.
    pub account: &'a str,
}

/// The content may show recovery codes.
impl fmt::Debug for Frame<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Frame").field("title", &self.title).finish_non_exhaustive()
    }
}

impl Look {
    /// The look that the pages have by themselves.
    pub fn new() -> Self {
        Self::default()
    }

    /// A style sheet of your own, loaded after that of the pages: a path of this site. Colours are the CSS variables `--ground`,
    /// `--paper`, `--ink`, `--soft`, `--line`, `--edge`, `--brand`, `--on-brand`, `--good`, `--good-ground`, `--bad` and `--bad-ground`
    /// of `:root`; set them for light and dark (`prefers-color-scheme`), and keep the contrast of texts. `--ground` is behind the page
    /// and `--paper` behind a card; `--ink` is text and `--soft` quieter text; `--line` separates and `--edge` bounds a field; `--brand`
    /// is links and buttons, with `--on-brand` upon it.
    ///
    /// For content of yours there are the classes `card`, `field` (a label and its input), `hint`, `wrong`, `aside`, `button` (a link
    /// that looks like one) and `second` (a button that is not the first choice).
    ///
    /// The policy of the pages lets it load nothing but images and style sheets of this site: no fonts from elsewhere.
    pub fn stylesheet(self, path: &str) -> Self {
        Self { stylesheet: Some(path.to_owned()), ..self }
    }

    /// Draws what is around the content of every page: your header, navigation and footer. It returns the whole document. The
    /// policy of the pages allows nothing inline.
    pub fn frame(self, draw: impl Fn(&Frame<'_>) -> String + Send + Sync + 'static) -> Self {
        Self { frame: Some(Box::new(draw)), ..self }
    }

    /// Draws the content of one page from its [data](super::model), in place of the crate's template. The heading, messages, what is
    /// wrong with a form, and your [frame](Self::frame) are around it. It has to escape what it writes, best by a template engine. Where
    /// a form is sent to, and its fields, is said at each page's type.
    ///
    /// ```
    /// use doorward::pages::Look;
    /// use doorward::pages::model::SignInPage;
    ///
    /// let look = Look::new().content(|form: &SignInPage| {
    ///     let escape = |text: &str| text.replace('&', "&amp;").replace('"', "&quot;").replace('<', "&lt;");
    ///     format!(
    ///         "<form method=\"post\" action=\"{}/sign-in\" class=\"card\">\
    ///          <input type=\"hidden\" name=\"then\" value=\"{}\">\
    ///          <input id=\"email\" name=\"email\" type=\"email\" autocomplete=\"username\" aria-label=\"Email\" value=\"{}\">\
    ///          <input name=\"password\" type=\"password\" autocomplete=\"current-password\" aria-label=\"Password\">\
    ///          <button>Come in</button></form>",
    ///         form.page.base,
    ///         escape(form.then.as_deref().unwrap_or_default()),
    ///         escape(&form.email),
    ///     )
    /// });
    /// # drop(look);
    /// ```
    pub fn content<M: PageModel>(self, draw: impl Fn(&M) -> String + Send + Sync + 'static) -> Self {
        self.drawn(draw, false)
    }

    /// Like [`content`](Self::content), but draws the whole document: also the heading, and what [`Page`](super::model::Page) has.
    ///
    /// ```
    /// use doorward::pages::Look;
    /// use doorward::pages::model::ForgotSentPage;
    ///
    /// let look = Look::new().page(|sent: &ForgotSentPage| {
    ///     format!("<!doctype html><title>Acme</title><p>Look into your mailbox. One mail every {} minutes.</p>", sent.minutes)
    /// });
    /// # drop(look);
    /// ```
    pub fn page<M: PageModel>(self, draw: impl Fn(&M) -> String + Send + Sync + 'static) -> Self {
        self.drawn(draw, true)
    }

    fn drawn<M: PageModel>(mut self, draw: impl Fn(&M) -> String + Send + Sync + 'static, is_whole: bool) -> Self {
        let draw = move |model: &dyn Any| model.downcast_ref().map(&draw);
        self.own.insert(TypeId::of::<M>(), Own { draw: Box::new(draw), is_whole });
        self
    }

    /// The document: as the host draws the page, else by its template; within the host's frame, if there is one.
    pub(super) fn document<M: PageModel + Template>(&self, model: &M) -> Result<String, askama::Error> {
        let page = model.page();
        let content = match self.own.get(&TypeId::of::<M>()) {
            Some(own) => {
                let drawn = (own.draw)(model).unwrap_or_default();
                if own.is_whole {
                    return Ok(drawn);
                }
                Drawn { page, content: &drawn }.render()?
            }
            None => model.render()?,
        };
        frame(self, page, content)
    }
}

impl fmt::Debug for Look {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Look").field("stylesheet", &self.stylesheet).finish_non_exhaustive()
    }
}

#[derive(Template)]
#[template(path = "head.html")]
struct Head<'a> {
    page: &'a Page,
}

#[derive(Template)]
#[template(path = "account.html")]
struct Account<'a> {
    page: &'a Page,
}

#[derive(Template)]
#[template(path = "title.html")]
struct Title<'a> {
    page: &'a Page,
}

/// Content of the host's, with what is around the content of every page.
#[derive(Template)]
#[template(path = "own_page.html")]
struct Drawn<'a> {
    page: &'a Page,
    content: &'a str,
}

/// Puts the content of a page into the host's frame, if there is one.
fn frame(look: &Look, page: &Page, content: String) -> Result<String, askama::Error> {
    let Some(draw) = &look.frame else { return Ok(content) };
    let (title, head) = (Title { page }.render()?, Head { page }.render()?);
    let (language, direction) = (&*page.language(), page.direction());
    let account = if page.is_signed_in { Account { page }.render()? } else { String::new() };
    Ok(draw(&Frame { language, direction, title: title.trim(), head: &head, account: &account, content: &content }))
}
