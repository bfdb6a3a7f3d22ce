//! From a document to the flat map: what corosync's parser stores for each section and key.

use crate::cmap::{Cmap, Entry};
use crate::diagnostic::Report;
use crate::document::{Document, LineKind};
use crate::schema::{self, Key};
use crate::value;
use crate::{Span, Value};

/// The path of a section or key with all sections around it has to be shorter than this.
const PATH_BYTES_LIMIT: usize = 255;
/// A stored key has at least this many bytes.
const KEY_BYTES_MIN: usize = 3;

/// Stores every key of the document.
pub(crate) fn store(document: &Document, report: &mut Report) -> Cmap {
    let mut store = Store {
        document,
        report,
        cmap: Cmap::default(),
        open: Vec::new(),
    };
    for line in document.lines() {
        match line.kind {
            LineKind::Open { name, .. } => store.open(name),
            LineKind::Pair { key, value } => store.pair(Pair { key, value }),
            LineKind::Close => store.close(),
            LineKind::Blank | LineKind::Comment | LineKind::Refused => {}
        }
    }
    while !store.open.is_empty() {
        store.close();
    }
    store.cmap
}

#[derive(Clone, Copy)]
struct Pair {
    key: Span,
    value: Span,
}

/// An open section.
struct Scope {
    path: String,
    name: Span,
    role: Role,
}

/// How the keys of a section are stored.
enum Role {
    /// Under the section's path.
    Plain,
    /// Counts its nodes.
    Nodelist { nodes: usize },
    /// Under its node's number, also from sections inside.
    Node(usize),
    /// At its end, under the `linknumber`.
    Interface {
        pairs: Vec<(String, Pair)>,
        members: usize,
    },
    /// With the interface around it.
    Member,
    /// At its end, under the `subsys`.
    Subsys(Vec<Pair>),
    /// At its end, under the `name`.
    Daemon(Vec<Pair>),
    /// As permissions.
    Uidgid,
}

struct Store<'a> {
    document: &'a Document,
    report: &'a mut Report,
    cmap: Cmap,
    open: Vec<Scope>,
}

fn join(outer: &str, name: &str) -> String {
    if outer.is_empty() {
        name.into()
    } else {
        format!("{outer}.{name}")
    }
}

impl Store<'_> {
    fn open(&mut self, name: Span) {
        let text = self.document.text(name).into_owned();
        let outer = self.open.last().map_or("", |scope| &scope.path);
        let path = join(outer, &text);
        if outer.len() + text.len() + 1 >= PATH_BYTES_LIMIT {
            self.path_too_long(name);
        }
        let role = match path.as_str() {
            "nodelist" => Role::Nodelist { nodes: 0 },
            "nodelist.node" => Role::Node(self.next_node(name)),
            "totem.interface" => Role::Interface {
                pairs: Vec::new(),
                members: 0,
            },
            "totem.interface.member" => Role::Member,
            "logging.logger_subsys" => Role::Subsys(Vec::new()),
            "logging.logging_daemon" => Role::Daemon(Vec::new()),
            "uidgid" => Role::Uidgid,
            _ => match self.open.last().map(|scope| &scope.role) {
                Some(&Role::Node(position)) => Role::Node(position),
                Some(Role::Member) => Role::Member,
                _ => Role::Plain,
            },
        };
        self.cmap.open(path.clone(), name);
        self.open.push(Scope { path, name, role });
    }

    fn next_node(&mut self, name: Span) -> usize {
        let Some(Scope {
            role: Role::Nodelist { nodes },
            ..
        }) = self.open.last_mut()
        else {
            return 0;
        };
        let position = *nodes;
        *nodes += 1;
        self.cmap.open(format!("nodelist.node.{position}"), name);
        position
    }

    fn pair(&mut self, pair: Pair) {
        let key = self.document.text(pair.key).into_owned();
        let Some(scope) = self.open.last_mut() else {
            return self.plain("", &key, pair);
        };
        if scope.path.len() + key.len() + 1 >= PATH_BYTES_LIMIT {
            return self.path_too_long(pair.key);
        }
        match &mut scope.role {
            Role::Plain | Role::Nodelist { .. } => {
                let path = scope.path.clone();
                self.plain(&path, &key, pair);
            }
            &mut Role::Node(position) => {
                let row = schema::key_at(&format!("nodelist.node.{key}"));
                self.put(format!("nodelist.node.{position}.{key}"), row, pair);
            }
            Role::Interface { pairs, .. } => {
                match schema::key_at(&format!("totem.interface.{key}")) {
                    Some(row) if row.dead.is_none() => pairs.push((key, pair)),
                    row => self.put(format!("totem.interface.{key}"), row, pair),
                }
            }
            Role::Member => self.member(&key, pair),
            Role::Subsys(pairs) | Role::Daemon(pairs) => pairs.push(pair),
            Role::Uidgid => self.permission(&key, pair),
        }
    }

    fn plain(&mut self, section: &str, key: &str, pair: Pair) {
        if section.len() + key.len() + 1 >= PATH_BYTES_LIMIT {
            return self.path_too_long(pair.key);
        }
        let path = join(section, key);
        // `totem.token: 5` at the top is stored at the path of totem's token, but as text.
        let row = if key.contains('.') {
            None
        } else {
            schema::key_at(&path)
        };
        self.put(path, row, pair);
    }

    fn member(&mut self, key: &str, pair: Pair) {
        if key != "memberaddr" {
            let message =
                format!("`{key}` is not allowed in a `member` section: only `memberaddr` is");
            self.report.error("member-key", pair.key, message);
            return;
        }
        let interface = self
            .open
            .iter_mut()
            .rev()
            .find_map(|scope| match &mut scope.role {
                Role::Interface { pairs, members } => Some((pairs, members)),
                _ => None,
            });
        if let Some((pairs, members)) = interface {
            pairs.push((format!("member.{members}"), pair));
            *members += 1;
        }
    }

    /// `uid: 5` becomes `uidgid.config.uid.5`; a name stays a name, to be looked up by whoever knows the users.
    fn permission(&mut self, key: &str, pair: Pair) {
        let who = self.document.text(pair.value).into_owned();
        match key {
            "uid" | "gid" if who.is_empty() || who.starts_with('-') => {
                let message = format!("`{key}` needs a number or a name, found \"{who}\"");
                self.report.error("uidgid-value", pair.value, message);
            }
            "uid" | "gid" => {
                let path = format!("uidgid.config.{key}.{who}");
                let entry = Entry {
                    value: Value::U8(1),
                    key_span: pair.key,
                    span: pair.value,
                    row: None,
                };
                self.cmap.insert(path, entry);
            }
            _ => {
                let message =
                    format!("`{key}` is not allowed in `uidgid`: only `uid` and `gid` are");
                self.report.error("uidgid-key", pair.key, message);
            }
        }
    }

    fn close(&mut self) {
        let Some(scope) = self.open.pop() else { return };
        match scope.role {
            Role::Interface { pairs, .. } => self.interface(&pairs),
            Role::Subsys(pairs) => self.subsys(scope.name, &pairs),
            Role::Daemon(pairs) => self.daemon(scope.name, &pairs),
            _ => {}
        }
    }

    fn interface(&mut self, pairs: &[(String, Pair)]) {
        let mut link = 0;
        for (key, pair) in pairs {
            if key == "linknumber"
                && let Some(Value::U8(number)) =
                    self.typed(schema::key_at("totem.interface.linknumber"), key, *pair)
            {
                link = number;
            }
        }
        for (key, pair) in pairs.iter().filter(|(key, _)| key != "linknumber") {
            let row = schema::key_at(&format!("totem.interface.{key}"));
            self.put(format!("totem.interface.{link}.{key}"), row, *pair);
        }
    }

    fn subsys(&mut self, section: Span, pairs: &[Pair]) {
        let Some(subsys) = self.last_of(pairs, "subsys") else {
            let message = "`logger_subsys` needs a key `subsys` that names the subsystem";
            self.report.error("logger-subsys", section, message);
            return;
        };
        self.logging(
            &format!("logging.logger_subsys.{subsys}"),
            &["subsys"],
            pairs,
        );
    }

    fn daemon(&mut self, section: Span, pairs: &[Pair]) {
        let Some(name) = self.last_of(pairs, "name") else {
            let message = "`logging_daemon` needs a key `name` that names the daemon";
            self.report.error("logging-daemon", section, message);
            return;
        };
        let path = match (name.as_str(), self.last_of(pairs, "subsys")) {
            ("corosync", None) => "logging".into(),
            ("corosync", Some(subsys)) => format!("logging.logger_subsys.{subsys}"),
            _ => format!("logging.logging_daemon.{name}"),
        };
        self.logging(&path, &["name", "subsys"], pairs);
    }

    fn logging(&mut self, section: &str, names: &[&str], pairs: &[Pair]) {
        let ours = !section.starts_with("logging.logging_daemon.");
        for &pair in pairs {
            let key = self.document.text(pair.key).into_owned();
            if !names.contains(&key.as_str()) {
                let row = if ours {
                    schema::logging_key(&key)
                } else {
                    None
                };
                self.put(format!("{section}.{key}"), row, pair);
            }
        }
    }

    fn last_of(&self, pairs: &[Pair], key: &str) -> Option<String> {
        let pair = pairs
            .iter()
            .rfind(|pair| self.document.text(pair.key) == key)?;
        Some(self.document.text(pair.value).into_owned())
    }

    /// Stores one key, unless its name or value is wrong.
    fn put(&mut self, path: String, row: Option<&'static Key>, pair: Pair) {
        let allowed = |b: u8| b.is_ascii_alphanumeric() || b"._-/:".contains(&b);
        // An empty key counts as the colon after it.
        let bytes = path.len() + usize::from(path.ends_with('.'));
        if bytes < KEY_BYTES_MIN || !path.bytes().all(allowed) {
            let message =
                format!("`{path}` cannot name a key: it takes 3 or more of A-Z a-z 0-9 . _ - / :");
            self.report.error("key-name", pair.key, message);
            return;
        }
        if let Some(value) = self.typed(row, &path, pair) {
            self.cmap.insert(
                path,
                Entry {
                    value,
                    key_span: pair.key,
                    span: pair.value,
                    row,
                },
            );
        }
    }

    fn typed(&mut self, row: Option<&Key>, path: &str, pair: Pair) -> Option<Value> {
        let text = self.document.text(pair.value);
        let kind = row.map_or(schema::Kind::Text, |row| row.kind);
        let key = path.rsplit('.').next().unwrap_or(path);
        value::read(kind, &text)
            .map_err(|expected| {
                let message = format!("`{key}` must be {expected}, found \"{text}\"");
                self.report.error("wrong-value", pair.value, message);
            })
            .ok()
    }

    fn path_too_long(&mut self, name: Span) {
        let message = format!(
            "the name is too long: with its sections it must stay below {PATH_BYTES_LIMIT} bytes"
        );
        self.report.error("name-too-long", name, message);
    }
}
