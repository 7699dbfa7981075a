//! A real browser, driven through what is on the page: with clicks or keys, with or without scripts.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Once};
use std::time::Duration;

use fantoccini::elements::Element;
use fantoccini::key::Key;
use fantoccini::{Client, ClientBuilder, Locator};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::sync::{Semaphore, SemaphorePermit};

use super::{nothing_may_be_skipped, tell};

/// How the pages are used.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Manner {
    pub scripts: bool,
    /// With Tab and Enter only.
    pub keyboard: bool,
    /// Takes screenshots, if requested.
    pub pictures: bool,
    pub width: u32,
    pub height: u32,
}

/// Each story has three browsers and often waits: two at once keep two cores busy.
static STORIES: Semaphore = Semaphore::const_new(2);

/// Pages and states already checked with axe-core.
static LOOKED_AT: std::sync::Mutex<BTreeSet<String>> = std::sync::Mutex::new(BTreeSet::new());

/// Reports a missing browser only once.
static TOLD: Once = Once::new();

/// The driver's process; killed on drop.
pub struct Driver {
    _turn: SemaphorePermit<'static>,
    child: Child,
    url: String,
    axe: Option<Arc<str>>,
    pictures: Option<PathBuf>,
}

impl Drop for Driver {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

impl Driver {
    /// `None` if there is no browser, after reporting it.
    pub async fn start() -> Option<Self> {
        if std::env::var_os("DOORWARD_NO_BROWSER").is_some() {
            TOLD.call_once(|| tell("skipped: the browser test of the web example, because DOORWARD_NO_BROWSER is set"));
            return None;
        }
        let turn = STORIES.acquire().await.unwrap();
        let started = Command::new("chromedriver").arg("--port=0").stdout(Stdio::piped()).stderr(Stdio::null()).spawn();
        let Ok(mut child) = started else {
            assert!(!nothing_may_be_skipped(), "there is no chromedriver");
            TOLD.call_once(|| {
                tell(
                    "skipped: the browser test of the web example. To run it: apt-get install chromium chromium-driver",
                );
            });
            return None;
        };
        let lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
        let mut ports =
            lines.filter_map(|line| Some(line.split_once("successfully on port ")?.1.trim_matches('.').to_owned()));
        let port = ports.next().expect("chromedriver prints its port");
        // Drain its later output, so that the pipe does not fill up.
        std::thread::spawn(move || ports.for_each(drop));
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let axe = std::fs::read_to_string(root.join("../../target/axe-core/package/axe.min.js")).ok();
        if axe.is_none() {
            assert!(!nothing_may_be_skipped(), "there is no axe-core");
            tell("skipped: axe-core, which is not in target/axe-core. See .ci/run for how to get it");
        }
        let pictures = std::env::var_os("DOORWARD_SCREENSHOTS").map(|_| root.join("screenshots"));
        Some(Self { _turn: turn, child, url: format!("http://localhost:{port}"), axe: axe.map(Into::into), pictures })
    }

    pub async fn browser(&self, site: &str, manner: Manner) -> Browser {
        let profile = tempfile::tempdir().unwrap();
        let mut options = json!({
            "args": [
                "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
                "--disable-background-networking", "--disable-component-update", "--disable-sync",
                "--hide-scrollbars",
                format!("--window-size={},{}", manner.width, manner.height),
                format!("--user-data-dir={}", profile.path().display()),
            ],
        });
        if !manner.scripts {
            options["prefs"] = json!({ "profile.managed_default_content_settings.javascript": 2 });
        }
        // A window is never narrower than about 500 pixels; a phone is.
        if manner.width < 500 {
            let metrics = json!({ "width": manner.width, "height": manner.height, "pixelRatio": 1.0, "touch": false });
            options["mobileEmulation"] = json!({ "deviceMetrics": metrics });
        }
        let Value::Object(capabilities) = json!({ "browserName": "chrome", "goog:chromeOptions": options }) else {
            unreachable!()
        };
        let client =
            ClientBuilder::new(HttpConnector::new()).capabilities(capabilities).connect(&self.url).await.unwrap();
        Browser {
            client,
            site: site.to_owned(),
            manner,
            axe: self.axe.clone(),
            pictures: self.pictures.clone(),
            _profile: profile,
        }
    }
}

pub struct Browser {
    client: Client,
    site: String,
    manner: Manner,
    axe: Option<Arc<str>>,
    pictures: Option<PathBuf>,
    _profile: TempDir,
}

impl Browser {
    /// Opens a page as if its address had been typed.
    pub async fn open(&self, path: &str) {
        self.client.goto(&format!("{}{path}", self.site)).await.unwrap();
        self.look().await;
    }

    /// Opens a mailed link.
    pub async fn open_link(&self, link: &str) {
        let path = link.strip_prefix(&self.site).expect("mailed links lead to this site");
        self.open(path).await;
    }

    pub async fn path(&self) -> String {
        self.client.current_url().await.unwrap().path().to_owned()
    }

    pub async fn heading(&self) -> String {
        self.client.find(Locator::Css("h1")).await.unwrap().text().await.unwrap()
    }

    pub async fn expect(&self, heading: &str) {
        let seen = self.heading().await;
        assert_eq!(seen, heading, "{} says: {}", self.path().await, self.text().await);
    }

    pub async fn text(&self) -> String {
        self.client.find(Locator::Css("body")).await.unwrap().text().await.unwrap()
    }

    pub async fn expect_words(&self, words: &str) {
        let text = self.text().await;
        assert!(text.contains(words), "{words:?} is not on {}: {text}", self.path().await);
    }

    /// The texts of all elements that match a selector.
    pub async fn texts(&self, css: &str) -> Vec<String> {
        let mut texts = Vec::new();
        for element in self.client.find_all(Locator::Css(css)).await.unwrap() {
            texts.push(element.text().await.unwrap());
        }
        texts
    }

    pub async fn attribute(&self, css: &str, name: &str) -> Option<String> {
        self.client.find(Locator::Css(css)).await.ok()?.attr(name).await.unwrap()
    }

    /// Waits for an element that a script adds.
    pub async fn wait_for(&self, css: &str) {
        let found = self.client.wait().at_most(Duration::from_secs(10)).for_element(Locator::Css(css)).await;
        assert!(found.is_ok(), "{css} did not appear: {}", self.text().await);
    }

    pub async fn fill(&self, id: &str, text: &str) {
        let field = self.client.find(Locator::Id(id)).await.unwrap_or_else(|_| panic!("there is no field {id}"));
        if self.manner.keyboard {
            self.tab_to(&field).await;
            field.send_keys(&format!("{}a{}", Key::Control + "", Key::Null + "")).await.unwrap();
        } else {
            field.clear().await.unwrap();
        }
        field.send_keys(text).await.unwrap();
    }

    /// Ticks a checkbox.
    pub async fn tick(&self, id: &str) {
        let field = self.client.find(Locator::Id(id)).await.unwrap();
        if self.manner.keyboard {
            self.tab_to(&field).await;
            field.send_keys(" ").await.unwrap();
        } else {
            field.click().await.unwrap();
        }
        assert!(field.is_selected().await.unwrap());
    }

    /// Presses the button or link with this label.
    pub async fn press(&self, words: &str) {
        self.press_within("", words).await;
    }

    /// The same, within the element that an XPath matches.
    pub async fn press_within(&self, within: &str, words: &str) {
        let path = format!("{within}//*[self::button or self::a or self::summary][normalize-space()='{words}']");
        self.press_at(Locator::XPath(&path)).await;
    }

    /// Presses a button that downloads a file: the page stays.
    pub async fn download(&self, words: &str) {
        let path = format!("//button[normalize-space()='{words}']");
        let (target, page) = (self.target(Locator::XPath(&path)).await, self.document().await);
        self.activate(&target).await;
        tokio::time::sleep(Duration::from_millis(500)).await;
        assert_eq!(self.document().await, page);
    }

    async fn target(&self, at: Locator<'_>) -> Element {
        match self.client.find(at).await {
            Ok(target) => target,
            Err(_) => panic!("{at:?} is not on {}: {}", self.path().await, self.text().await),
        }
    }

    async fn activate(&self, target: &Element) {
        if self.manner.keyboard {
            self.tab_to(target).await;
            target.send_keys(&(Key::Enter + "")).await.unwrap();
        } else {
            target.clone().click().await.unwrap();
        }
    }

    pub async fn press_at(&self, at: Locator<'_>) {
        let target = self.target(at).await;
        let tag = target.tag_name().await.unwrap();
        let leads_on = tag == "a" || tag == "button" && target.attr("type").await.unwrap().is_none();
        let page = self.document().await;
        self.activate(&target).await;
        // The driver waits only for a page that has begun to load, and this one may not have yet.
        for _ in 0..1_000 {
            if !leads_on || self.document().await != page {
                return self.look().await;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("{at:?} opens no page on {}: {}", self.path().await, self.text().await);
    }

    async fn document(&self) -> Option<String> {
        Some(self.client.find(Locator::Css("html")).await.ok()?.element_id().to_string())
    }

    pub async fn run(&self, script: &str) -> Value {
        self.client.execute(script, vec![]).await.unwrap()
    }

    /// Tabs from the current focus to the target, as someone without a mouse would.
    async fn tab_to(&self, target: &Element) {
        for _ in 0..150 {
            let focused = self.client.active_element().await.unwrap();
            if focused.element_id() == target.element_id() {
                return;
            }
            focused.send_keys(&(Key::Tab + "")).await.unwrap();
        }
        panic!("not reachable by keyboard on {}: {}", self.path().await, self.text().await);
    }

    /// Checks that hold for every page.
    async fn look(&self) {
        // The page after a form may take a moment to load.
        self.client.wait().at_most(Duration::from_secs(10)).for_element(Locator::Css("h1")).await.unwrap();
        let title = self.client.title().await.unwrap();
        let failed = self.client.find(Locator::Css(".problems")).await.is_ok();
        assert_eq!(title.starts_with("Error: "), failed, "{title}");
        assert!(title.ends_with(" – Acme"), "{title}");
        if failed {
            self.wait_for(".problems:focus").await;
        }
        if !self.manner.scripts {
            return;
        }
        let overflow = "return document.scrollingElement.scrollWidth - window.innerWidth";
        let overflow = self.client.execute(overflow, vec![]).await.unwrap();
        assert!(overflow.as_i64().unwrap() <= 0, "{title} scrolls sideways by {overflow}");
        self.look_closely(&title).await;
    }

    async fn look_closely(&self, title: &str) {
        let Some(axe) = &self.axe else { return };
        let shape = "return [...document.querySelectorAll('main *')].map(element => element.tagName + element.className).join()";
        let shape = self.client.execute(shape, vec![]).await.unwrap();
        if !LOOKED_AT.lock().unwrap().insert(format!("{}{title}{shape}", self.manner.width)) {
            return;
        }
        self.client.execute(axe, vec![]).await.unwrap();
        let run = "const done = arguments[0]; axe.run(document).then(result => done(result.violations.map(violation => \
                   violation.id + ': ' + violation.nodes.map(node => node.html).join(' '))), error => done([String(error)]))";
        let violations = self.client.execute_async(run, vec![]).await.unwrap();
        assert_eq!(violations, json!([]), "{title}");
    }

    /// Takes a screenshot of the whole page, if requested.
    pub async fn picture(&self, name: &str) {
        let Some(folder) = self.pictures.as_ref().filter(|_| self.manner.pictures) else { return };
        // One of a narrow screen will do.
        let name = match (self.manner.width, name) {
            (500.., _) => name.to_owned(),
            (_, "security") => format!("{name}-{}", self.manner.width),
            _ => return,
        };
        let height = "return document.documentElement.scrollHeight";
        let height = self.client.execute(height, vec![]).await.unwrap().as_u64().unwrap() as u32;
        if self.manner.width >= 500 {
            // The window has a frame around its content.
            let frame = "return window.outerHeight - window.innerHeight";
            let frame = self.client.execute(frame, vec![]).await.unwrap().as_u64().unwrap_or_default() as u32;
            self.client.set_window_size(self.manner.width, height.clamp(300, 2_400) + frame).await.unwrap();
        }
        // A screenshot shows the page, not the cursor.
        self.client.execute("document.activeElement?.blur(); scrollTo(0, 0)", vec![]).await.unwrap();
        let picture = self.client.screenshot().await.unwrap();
        std::fs::create_dir_all(folder).unwrap();
        let file = folder.join(format!("{name}.png"));
        std::fs::write(&file, picture).unwrap();
        // Pages have few colours, so quantizing loses nothing.
        let smaller = Command::new("pngquant").args(["--force", "--strip", "--ext", ".png"]).arg(&file).status();
        assert!(smaller.is_ok_and(|status| status.success()), "screenshots need pngquant: apt-get install pngquant");
        let size = std::fs::metadata(&file).unwrap().len();
        assert!(size <= 100 * 1024, "{name} has {size} bytes");
        if self.manner.width >= 500 {
            self.client.set_window_size(self.manner.width, self.manner.height).await.unwrap();
        }
    }

    pub async fn close(self) {
        drop(self.client.close().await);
    }
}
