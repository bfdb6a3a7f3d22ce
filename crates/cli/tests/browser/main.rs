//! The pages of `ringwright sim`, in a headless Chromium: what a person sees, points at and presses.
//!
//! Skipped where there is no chromedriver (`apt install chromium chromium-driver`), unless `BROWSER=required`.
//! `SCREENSHOTS=FOLDER` keeps what was seen.

mod driver;

use std::path::{Path, PathBuf};
use std::process::Command;

use driver::Browser;
use serde_json::Value;

const RIGHT: char = '\u{e014}';
const ESCAPE: char = '\u{e00c}';

/// A page made by the command.
fn page(folder: &Path, name: &str, arguments: &[&str]) -> PathBuf {
    let path = folder.join(name);
    let output = Command::new(env!("CARGO_BIN_EXE_ringwright"))
        .arg("sim")
        .args(arguments)
        .arg("--html")
        .arg(&path)
        .output()
        .expect("the command");
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{arguments:?}: {error}");
    path
}

fn cut(folder: &Path) -> PathBuf {
    page(folder, "cut.html", &["run", "s03", "--vintage", "2.4.3"])
}

/// A place in the first timeline, of its width and height from 0 to 1.
fn at(browser: &Browser, x: f64, y: f64) -> (i64, i64) {
    let script = format!(
        "document.querySelector('.stage svg').scrollIntoView({{block: 'center'}});
         const box = document.querySelector('.stage svg').getBoundingClientRect();
         return [Math.round(box.left + {x} * box.width), Math.round(box.top + {y} * box.height)]"
    );
    let place = browser.eval(&script);
    (place[0].as_i64().expect("x"), place[1].as_i64().expect("y"))
}

fn range(browser: &Browser) -> String {
    browser.text("return document.querySelector('.range').textContent")
}

fn tip(browser: &Browser) -> String {
    browser
        .text("const tip = document.querySelector('.tip'); return tip.hidden ? '' : tip.innerText")
}

/// Texts that are longer than their bars, and things that are broader than the window.
fn overflows(browser: &Browser) -> Value {
    browser.eval(
        "const long = [...document.querySelectorAll('text.t')].filter((text) => {
           const bar = text.previousElementSibling.getBoundingClientRect(), own = text.getBoundingClientRect();
           return text.textContent && text.style.display !== 'none' && own.right > Math.max(bar.right, own.left) + 1;
         }).map((text) => text.textContent);
         if (document.documentElement.scrollWidth > innerWidth) long.push('the page');
         return long",
    )
}

#[test]
fn pages_open_without_errors_and_without_a_network() {
    let Some(browser) = Browser::start(1280, 900) else {
        return;
    };
    let folder = tempfile::tempdir().expect("a folder");
    let pages = [
        cut(folder.path()),
        page(
            folder.path(),
            "gap.html",
            &["run", "s09", "--vintage", "2.4.3", "--seed", "3"],
        ),
        page(
            folder.path(),
            "twin.html",
            &["run", "s12", "--vintage", "3.1.7"],
        ),
        page(
            folder.path(),
            "random.html",
            &["run", "random", "--seed", "5"],
        ),
        page(
            folder.path(),
            "sweep.html",
            &["sweep", "s09", "--vintage", "2.4.3", "--seeds", "0..100"],
        ),
    ];
    for page in pages {
        let name = page
            .file_stem()
            .expect("a name")
            .to_string_lossy()
            .into_owned();
        browser.requests();
        for (theme, width) in [
            ("light", 1280),
            ("dark", 1280),
            ("light", 360),
            ("dark", 768),
        ] {
            browser.emulate(theme, width, 900);
            browser.open(&page);
            assert_eq!(overflows(&browser), serde_json::json!([]), "{name} {width}");
            browser.keep(&format!("{name}-{theme}-{width}.png"));
        }
        let lanes = browser.eval("return document.querySelectorAll('.stage .lane').length");
        assert!(lanes.as_u64().expect("a number") >= 3, "{name}");
        assert_eq!(browser.log("browser"), Vec::<Value>::new(), "{name}");
        let own = format!("file://{}", page.display());
        for request in browser.requests() {
            assert!(
                request == own || request.starts_with("data:"),
                "{name} asks for {request}"
            );
        }
    }
}

#[test]
fn pointing_at_a_moment_tells_of_every_node() {
    let Some(browser) = Browser::start(1280, 900) else {
        return;
    };
    let folder = tempfile::tempdir().expect("a folder");
    browser.open(&cut(folder.path()));
    assert_eq!(tip(&browser), "");
    // 16 s of 25 s.
    browser.drag(at(&browser, 0.64, 0.5), &[]);
    let told = tip(&browser);
    for words in [
        "primary and secondary hold the floating address at once",
        "operational · {1} quorate · ring 1.11 · floating address",
        "operational · {2,3} quorate · ring 2.11",
    ] {
        assert!(told.contains(words), "no `{words}` in {told}");
    }
    browser.keep("hover.png");
    browser.drag((5, 5), &[]);
    assert_eq!(tip(&browser), "");
    browser.drag(at(&browser, 0.5, 0.5), &[]);
    let told = tip(&browser);
    assert!(
        told.contains("gather · {1,2,3} quorate") && told.contains("from secondary: cut"),
        "{told}"
    );
    // 10 s, the fault.
    browser.drag(at(&browser, 0.4, 0.5), &[]);
    assert!(
        tip(&browser).contains("⚑ 10.000 s cut 1 > 2,3"),
        "{}",
        tip(&browser)
    );
}

#[test]
fn buttons_wheel_and_mouse_zoom_and_move() {
    let Some(browser) = Browser::start(1280, 900) else {
        return;
    };
    let folder = tempfile::tempdir().expect("a folder");
    browser.open(&cut(folder.path()));
    let click = |label: &str| {
        browser.eval(&format!(
            "document.querySelector('.tools [aria-label=\"{label}\"]').click()"
        ));
    };
    let whole = "25.000 s in all";
    assert_eq!(range(&browser), whole);
    click("Zoom in");
    assert_eq!(range(&browser), "6.250 s to 18.750 s");
    assert_eq!(overflows(&browser), serde_json::json!([]));
    click("Later");
    assert_eq!(range(&browser), "12.500 s to 25.000 s");
    browser.keep("zoomed.png");
    let drag = [at(&browser, 0.75, 0.5), at(&browser, 0.85, 0.5)];
    browser.drag(at(&browser, 0.65, 0.5), &drag);
    // A pixel is 10 ms.
    let from: f64 = range(&browser)
        .split(' ')
        .next()
        .and_then(|from| from.parse().ok())
        .expect("a time");
    assert!((from - 10.0).abs() < 0.05, "{}", range(&browser));
    click("Show the whole run");
    // The picture was clicked, so the wheel is its.
    browser.wheel(at(&browser, 0.5, 0.5), -120);
    assert_ne!(range(&browser), whole);
    browser.wheel(at(&browser, 0.5, 0.5), 120);
    assert_eq!(range(&browser), whole);
    let shown = "return document.querySelectorAll('.stage rect.t:not([style*=none])').length";
    let all = browser.eval(shown).as_u64();
    for _ in 0..6 {
        click("Zoom in");
    }
    assert!(
        browser.eval(shown).as_u64() < all,
        "what is outside is not drawn"
    );
}

#[test]
fn the_keyboard_is_enough() {
    let Some(browser) = Browser::start(1280, 900) else {
        return;
    };
    let folder = tempfile::tempdir().expect("a folder");
    browser.open(&cut(folder.path()));
    browser.eval("document.querySelector('.stage svg').focus()");
    browser.press(&[RIGHT, RIGHT]);
    assert!(tip(&browser).starts_with("0.500 s"), "{}", tip(&browser));
    let aloud = browser.text("return document.querySelector('[aria-live]').textContent");
    assert!(aloud.contains("primary"), "{aloud}");
    browser.press(&['+']);
    assert_ne!(range(&browser), "25.000 s in all");
    browser.press(&['0']);
    assert_eq!(range(&browser), "25.000 s in all");
    browser.press(&[ESCAPE]);
    assert_eq!(tip(&browser), "");
    let reachable = browser.eval(
        "return [...document.querySelectorAll('button:not(:disabled), summary, .stage svg')].every((one) => {
           one.focus();
           return document.activeElement === one;
         })",
    );
    assert_eq!(reachable, true);
    let named =
        browser.text("return document.querySelector('.stage svg').getAttribute('aria-label')");
    assert!(
        named.contains("primary and secondary hold the floating address at once"),
        "{named}"
    );
    let rows = browser.eval("return document.querySelectorAll('section.timeline tbody tr').length");
    assert!(
        rows.as_u64().expect("a number") > 20,
        "the story stands there in words, too"
    );
}

#[test]
fn themes_follow_the_system_until_one_is_chosen() {
    let Some(browser) = Browser::start(1280, 900) else {
        return;
    };
    let folder = tempfile::tempdir().expect("a folder");
    let page = cut(folder.path());
    let paper =
        |browser: &Browser| browser.text("return getComputedStyle(document.body).backgroundColor");
    let toggle = |browser: &Browser| {
        browser.eval("document.getElementById('theme').click()");
        paper(browser)
    };
    browser.emulate("light", 1280, 900);
    browser.open(&page);
    let light = paper(&browser);
    assert_eq!(toggle(&browser), light, "light is chosen");
    let dark = toggle(&browser);
    assert_ne!(dark, light, "dark is chosen");
    assert_eq!(toggle(&browser), light, "the system again");
    browser.emulate("dark", 1280, 900);
    assert_eq!(paper(&browser), dark);
    assert_eq!(toggle(&browser), light);
}

#[test]
fn names_are_shown_and_never_run() {
    let Some(browser) = Browser::start(1280, 900) else {
        return;
    };
    let folder = tempfile::tempdir().expect("a folder");
    let conf = folder.path().join("evil.conf");
    let name = "</script><img src=x onerror=hacked=1>";
    let text = format!(
        "totem {{\n version: 2\n transport: udpu\n}}\nquorum {{\n provider: corosync_votequorum\n}}\nnodelist {{\n \
         node {{\n ring0_addr: 10.0.0.1\n nodeid: 1\n name: {name}\n }}\n node {{\n ring0_addr: 10.0.0.2\n nodeid: 2\n }}\n}}\n"
    );
    std::fs::write(&conf, text).expect("a file");
    let conf = conf.to_string_lossy();
    let script = "0s start 1; 0s start 2";
    let arguments = ["run", "--script", script, "--until", "2", "--conf", &conf];
    browser.open(&page(folder.path(), "evil.html", &arguments));
    browser.drag(at(&browser, 0.9, 0.5), &[]);
    assert!(tip(&browser).contains(name), "{}", tip(&browser));
    let hacked = browser.eval("return typeof hacked !== 'undefined' || document.images.length > 0");
    assert_eq!(hacked, false);
    assert_eq!(browser.log("browser"), Vec::<Value>::new());
}
