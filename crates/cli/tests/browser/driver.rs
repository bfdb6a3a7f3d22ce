//! As much of the protocol `WebDriver` as the tests need, with chromedriver.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use serde_json::{Value, json};

/// A headless Chromium with one window.
pub(crate) struct Browser {
    chromedriver: Child,
    port: u16,
    session: String,
}

impl Browser {
    /// Starts one; `None` if chromedriver or Chromium is not there, which is said, unless `BROWSER=required`.
    pub(crate) fn start(width: u32, height: u32) -> Option<Self> {
        let started = Self::try_start(width, height);
        if let Err(why) = &started {
            let required = std::env::var("BROWSER").is_ok_and(|value| value == "required");
            assert!(!required, "no browser: {why}");
            eprintln!("skipped: no chromedriver with Chromium ({why})");
        }
        started.ok()
    }

    fn try_start(width: u32, height: u32) -> Result<Self, String> {
        let mut chromedriver = Command::new("chromedriver")
            .arg("--port=0")
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .map_err(|error| format!("chromedriver: {error}"))?;
        let lines = BufReader::new(chromedriver.stdout.take().expect("a pipe")).lines();
        let mut ports = lines.map_while(Result::ok).filter_map(|line| {
            let (_, port) = line.split_once("successfully on port ")?;
            port.trim_end_matches('.').parse().ok()
        });
        let port = ports.next();
        let mut browser = Self {
            chromedriver,
            port: port.ok_or("chromedriver names no port")?,
            session: String::new(),
        };
        let size = format!("--window-size={width},{height}");
        let arguments = [
            "--headless=new",
            "--no-sandbox",
            "--disable-gpu",
            "--hide-scrollbars",
            &size,
        ];
        let wanted = json!({"capabilities": {"alwaysMatch": {
            "goog:chromeOptions": {"args": arguments},
            "goog:loggingPrefs": {"browser": "ALL", "performance": "ALL"},
        }}});
        let made = browser.request("POST", "/session", &wanted)?;
        browser.session = made["sessionId"].as_str().ok_or("no session")?.into();
        Ok(browser)
    }

    fn request(&self, method: &str, path: &str, body: &Value) -> Result<Value, String> {
        let exchange = || -> std::io::Result<String> {
            let mut stream = TcpStream::connect(("127.0.0.1", self.port))?;
            let body = if method == "POST" {
                body.to_string()
            } else {
                String::new()
            };
            write!(
                stream,
                "{method} {path} HTTP/1.1\r\nHost: 127.0.0.1:{}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
                self.port,
                body.len()
            )?;
            let (mut reader, mut length) = (BufReader::new(stream), 0);
            for line in reader.by_ref().lines() {
                let line = line?.to_lowercase();
                if let Some(value) = line.strip_prefix("content-length:") {
                    length = value.trim().parse().unwrap_or(0);
                }
                if line.is_empty() {
                    break;
                }
            }
            let mut body = String::new();
            reader.take(length).read_to_string(&mut body)?;
            Ok(body)
        };
        let answer = exchange().map_err(|error| error.to_string())?;
        let mut answer: Value = serde_json::from_str(&answer).map_err(|error| error.to_string())?;
        match answer["value"].get("error") {
            Some(_) => Err(answer["value"]["message"].to_string()),
            None => Ok(answer["value"].take()),
        }
    }

    /// Of this session; a refusal is the test's end.
    fn post(&self, path: &str, body: &Value) -> Value {
        let path = format!("/session/{}{path}", self.session);
        self.request("POST", &path, body)
            .unwrap_or_else(|why| panic!("{path}: {why}"))
    }

    /// Opens a file.
    pub(crate) fn open(&self, page: &Path) {
        let url = format!("file://{}", page.display());
        self.post("/url", &json!({ "url": url }));
    }

    /// What a function body of JavaScript returns.
    pub(crate) fn eval(&self, script: &str) -> Value {
        self.post("/execute/sync", &json!({"script": script, "args": []}))
    }

    /// As [`Browser::eval`], of text.
    pub(crate) fn text(&self, script: &str) -> String {
        let value = self.eval(script);
        value
            .as_str()
            .unwrap_or_else(|| panic!("{script}: {value}"))
            .to_owned()
    }

    /// The mouse to a place of the window, px; then, pressed, to the others.
    pub(crate) fn drag(&self, from: (i64, i64), to: &[(i64, i64)]) {
        let go = |(x, y): (i64, i64)| json!({"type": "pointerMove", "x": x, "y": y, "duration": 0});
        let mut actions = vec![go(from)];
        if !to.is_empty() {
            actions.push(json!({"type": "pointerDown", "button": 0}));
            actions.extend(to.iter().copied().map(go));
            actions.push(json!({"type": "pointerUp", "button": 0}));
        }
        let mouse = json!({"type": "pointer", "id": "mouse", "parameters": {"pointerType": "mouse"}, "actions": actions});
        self.post("/actions", &json!({"actions": [mouse]}));
    }

    /// Turns the wheel at a place.
    pub(crate) fn wheel(&self, (x, y): (i64, i64), by: i64) {
        let scroll =
            json!({"type": "scroll", "x": x, "y": y, "deltaX": 0, "deltaY": by, "duration": 0});
        let wheel = json!({"type": "wheel", "id": "wheel", "actions": [scroll]});
        self.post("/actions", &json!({"actions": [wheel]}));
    }

    /// Presses keys, one after the other; those without a character are named as the protocol does.
    pub(crate) fn press(&self, keys: &[char]) {
        let stroke = |key: &char| {
            ["keyDown", "keyUp"].map(|what| json!({"type": what, "value": key.to_string()}))
        };
        let actions: Vec<Value> = keys.iter().flat_map(stroke).collect();
        let keyboard = json!({"type": "key", "id": "keyboard", "actions": actions});
        self.post("/actions", &json!({"actions": [keyboard]}));
    }

    /// Of what a person prefers, and of the window.
    pub(crate) fn emulate(&self, theme: &str, width: u32, height: u32) {
        let command = |cmd: &str, params: Value| {
            self.post("/goog/cdp/execute", &json!({"cmd": cmd, "params": params}));
        };
        let features = json!([{"name": "prefers-color-scheme", "value": theme}]);
        command("Emulation.setEmulatedMedia", json!({"features": features}));
        let metrics =
            json!({"width": width, "height": height, "deviceScaleFactor": 1, "mobile": false});
        command("Emulation.setDeviceMetricsOverride", metrics);
    }

    /// The log since the last look: `browser` is the console, `performance` what the network did.
    pub(crate) fn log(&self, kind: &str) -> Vec<Value> {
        let log = self.post("/se/log", &json!({ "type": kind }));
        log.as_array().cloned().unwrap_or_default()
    }

    /// What was asked of a network, or of files, since the last look at that log.
    pub(crate) fn requests(&self) -> Vec<String> {
        let message = |entry: &Value| -> Option<String> {
            let event: Value = serde_json::from_str(entry["message"].as_str()?).ok()?;
            let event = &event["message"];
            let is_request = event["method"] == "Network.requestWillBeSent";
            let url = event["params"]["request"]["url"].as_str()?;
            is_request.then(|| url.to_owned())
        };
        self.log("performance").iter().filter_map(message).collect()
    }

    /// Keeps what is seen, if `SCREENSHOTS` names a folder for it.
    pub(crate) fn keep(&self, name: &str) {
        let Some(folder) = std::env::var_os("SCREENSHOTS") else {
            return;
        };
        let path = format!("/session/{}/screenshot", self.session);
        let shot = self.request("GET", &path, &Value::Null).expect("a picture");
        let bytes = decode(shot.as_str().expect("text"));
        std::fs::write(Path::new(&folder).join(name), bytes).expect("a writable folder");
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        let _ = self.request(
            "DELETE",
            &format!("/session/{}", self.session),
            &Value::Null,
        );
        let _ = self.chromedriver.kill();
        let _ = self.chromedriver.wait();
    }
}

/// Base 64.
fn decode(text: &str) -> Vec<u8> {
    let digit = |byte: u8| match byte {
        b'A'..=b'Z' => Some(byte - b'A'),
        b'a'..=b'z' => Some(byte - b'a' + 26),
        b'0'..=b'9' => Some(byte - b'0' + 52),
        b'+' => Some(62),
        b'/' => Some(63),
        _ => None,
    };
    let digits: Vec<u8> = text.bytes().filter_map(digit).collect();
    let mut bytes = Vec::new();
    for group in digits.chunks(4) {
        let bits = group
            .iter()
            .fold(0_u32, |bits, digit| bits << 6 | u32::from(*digit));
        let bits = bits << (6 * (4 - group.len())) << 8;
        bytes.extend(&bits.to_be_bytes()[..group.len() * 3 / 4]);
    }
    bytes
}
