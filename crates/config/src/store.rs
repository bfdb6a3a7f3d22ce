//! From a document to the flat map: what corosync's parser stores for each section and key.

use crate::cmap::{Cmap, Entry};
use crate::diagnostic::Report;
use crate::document::{Document, LineKind};
use crate::schema::{self, Key, join};
use crate::value;
use crate::{Span, Value};

/// The path of a section or key with all sections around it has to be shorter than this.
pub(crate) const PATH_BYTES_LIMIT: usize = 255;

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
    /// So too; counts the nodes that have ended in it.
    Nodelist { nodes: usize },
    /// Under that count. A section inside belongs to the node, and its end counts too.
    Node,
    /// At its end, under the `linknumber`.
    Interface {
        pairs: Vec<(String, Pair)>,
        members: Vec<Pair>,
    },
    /// With the interface around it.
    Member,
    /// At its end, under the `subsys`.
    Subsys(Vec<Pair>),
    /// At its end, under the `name`.
    Daemon(Vec<Pair>),
    /// As permissions.
    Uidgid,
    /// Not at all: the path is too long, as has been said.
    Lost,
}

struct Store<'a> {
    document: &'a Document,
    report: &'a mut Report,
    cmap: Cmap,
    open: Vec<Scope>,
}

impl Store<'_> {
    fn open(&mut self, name: Span) {
        let text = self.document.text(name).into_owned();
        let (outer, lost) = match self.open.last() {
            Some(scope) => (scope.path.as_str(), matches!(scope.role, Role::Lost)),
            None => ("", false),
        };
        if lost || outer.len() + text.len() + 1 >= PATH_BYTES_LIMIT {
            if !lost {
                self.path_too_long(name);
            }
            return self.open.push(Scope {
                path: String::new(),
                name,
                role: Role::Lost,
            });
        }
        let path = join(outer, &text);
        let role = self.role(&path, name);
        self.cmap.open(path.clone(), name);
        self.open.push(Scope { path, name, role });
    }

    fn role(&mut self, path: &str, name: Span) -> Role {
        let outer = self.open.last().map(|scope| &scope.role);
        match (path, outer) {
            (_, Some(Role::Subsys(_) | Role::Daemon(_))) => {
                let message = "corosync 3.1.7 crashes on a section here: only keys may stand in it";
                self.report.error("section-in-logger", name, message);
                Role::Plain
            }
            ("nodelist", _) => Role::Nodelist { nodes: 0 },
            ("nodelist.node", _) => {
                let position = self.nodes().map_or(0, |nodes| *nodes);
                self.cmap.open(format!("nodelist.node.{position}"), name);
                Role::Node
            }
            ("totem.interface", _) => Role::Interface {
                pairs: Vec::new(),
                members: Vec::new(),
            },
            ("logging.logger_subsys", _) => Role::Subsys(Vec::new()),
            ("logging.logging_daemon", _) => Role::Daemon(Vec::new()),
            (_, Some(Role::Node)) => Role::Node,
            ("totem.interface.member", _) | (_, Some(Role::Member)) => Role::Member,
            ("uidgid", _) | (_, Some(Role::Uidgid)) => Role::Uidgid,
            _ => Role::Plain,
        }
    }

    /// The count of the node list that is open.
    fn nodes(&mut self) -> Option<&mut usize> {
        self.open
            .iter_mut()
            .rev()
            .find_map(|scope| match &mut scope.role {
                Role::Nodelist { nodes } => Some(nodes),
                _ => None,
            })
    }

    fn pair(&mut self, pair: Pair) {
        let mut key = self.document.text(pair.key).into_owned();
        if key.is_empty() {
            key.push(':'); // as corosync stores it
        }
        let section = self.open.last().map_or("", |scope| &scope.path);
        if section.len() + key.len() + 1 >= PATH_BYTES_LIMIT {
            return self.path_too_long(pair.key);
        }
        let Some(scope) = self.open.last_mut() else {
            return self.plain("", &key, pair);
        };
        match &mut scope.role {
            Role::Plain | Role::Nodelist { .. } => {
                let section = scope.path.clone();
                self.plain(&section, &key, pair);
            }
            Role::Interface { pairs, .. } => {
                match schema::key_at(&format!("totem.interface.{key}")) {
                    Some(row) if row.dead.is_none() => pairs.push((key, pair)),
                    row => self.put(format!("totem.interface.{key}"), row, pair),
                }
            }
            Role::Node => self.node(&key, pair),
            Role::Member => self.member(&key, pair),
            Role::Subsys(pairs) | Role::Daemon(pairs) => pairs.push(pair),
            Role::Uidgid => self.permission(&key, pair),
            Role::Lost => {}
        }
    }

    fn plain(&mut self, section: &str, key: &str, pair: Pair) {
        let path = join(section, key);
        // `totem.token: 5` at the top is stored at the path of totem's token, but as text.
        let row = if key.contains('.') {
            None
        } else {
            schema::key_at(&path)
        };
        self.put(path, row, pair);
    }

    fn node(&mut self, key: &str, pair: Pair) {
        let row = schema::key_at(&format!("nodelist.node.{key}"));
        let position = self.nodes().map_or(0, |nodes| *nodes);
        self.put(format!("nodelist.node.{position}.{key}"), row, pair);
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
                Role::Interface { members, .. } => Some(members),
                _ => None,
            });
        if let Some(members) = interface {
            members.push(pair);
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
            Role::Node => {
                if let Some(nodes) = self.nodes() {
                    *nodes += 1;
                }
            }
            Role::Interface { pairs, members } => self.interface(&pairs, &members),
            Role::Subsys(pairs) => self.subsys(scope.name, &pairs),
            Role::Daemon(pairs) => self.daemon(scope.name, &pairs),
            Role::Plain | Role::Nodelist { .. } | Role::Member | Role::Uidgid | Role::Lost => {}
        }
    }

    fn interface(&mut self, pairs: &[(String, Pair)], members: &[Pair]) {
        let mut link = 0;
        for (key, pair) in pairs.iter().filter(|(key, _)| key == "linknumber") {
            let row = schema::key_at("totem.interface.linknumber");
            if let Some(Value::U8(number)) = self.typed(row, key, *pair) {
                link = number;
            }
        }
        for (key, pair) in pairs.iter().filter(|(key, _)| key != "linknumber") {
            let row = schema::key_at(&format!("totem.interface.{key}"));
            self.put(format!("totem.interface.{link}.{key}"), row, *pair);
        }
        // The last comes first.
        for (position, pair) in members.iter().rev().enumerate() {
            self.put(
                format!("totem.interface.{link}.member.{position}"),
                None,
                *pair,
            );
        }
    }

    fn subsys(&mut self, section: Span, pairs: &[Pair]) {
        let Some(subsys) = self.last_of(pairs, "subsys") else {
            let message = "`logger_subsys` needs a key `subsys` that names the subsystem";
            self.report.error("logger-subsys", section, message);
            return;
        };
        self.logging(&format!("logging.logger_subsys.{subsys}"), pairs);
    }

    /// The daemon `corosync` is another way to write `logging` and its subsystems; others are stored for themselves.
    fn daemon(&mut self, section: Span, pairs: &[Pair]) {
        let Some(name) = self.last_of(pairs, "name") else {
            let message = "`logging_daemon` needs a key `name` that names the daemon";
            self.report.error("logging-daemon", section, message);
            return;
        };
        let is_name = |pair: &&Pair| self.document.text(pair.key) == "name";
        let unnamed: Vec<Pair> = pairs
            .iter()
            .filter(|pair| !is_name(pair))
            .copied()
            .collect();
        match (name.as_str(), self.last_of(pairs, "subsys")) {
            ("corosync", None) => self.logging("logging", &unnamed),
            ("corosync", Some(subsys)) => {
                self.logging(&format!("logging.logger_subsys.{subsys}"), &unnamed);
            }
            (other, None) => self.logging(&format!("logging.logging_daemon.{other}"), pairs),
            (other, Some(subsys)) => {
                self.logging(&format!("logging.logging_daemon.{other}.{subsys}"), pairs);
            }
        }
    }

    fn logging(&mut self, section: &str, pairs: &[Pair]) {
        let ours = !section.starts_with("logging.logging_daemon.");
        for &pair in pairs {
            let key = self.document.text(pair.key).into_owned();
            let row = if ours {
                schema::logging_key(&key)
            } else {
                None
            };
            self.put(format!("{section}.{key}"), row, pair);
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
        if !schema::can_store(&path) {
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
        match value::read(kind, &text) {
            Ok(value) => Some(value),
            Err(expected) => {
                let message = format!("`{key}` must be {expected}, found \"{text}\"");
                self.report.error("wrong-value", pair.value, message);
                self.cmap.refuse(path.to_owned());
                None
            }
        }
    }

    fn path_too_long(&mut self, name: Span) {
        let message = format!(
            "the name is too long: with its sections it must stay below {PATH_BYTES_LIMIT} bytes"
        );
        self.report.error("name-too-long", name, message);
    }
}
