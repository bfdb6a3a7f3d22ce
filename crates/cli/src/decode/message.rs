//! The messages of the sync engine and the services as named values.

use ringwright_totem::wire::service::{
    CFG, CMAP, CPG, Message, PLOAD, QUORUM, VOTEQUORUM, cfg, cmap, cpg, votequorum,
};

use super::fields::{Fields, Value};

/// The most characters of a payload that are shown.
const PREVIEW_MAX: usize = 32;

/// The values of a whole message; the label names service and function.
pub(super) fn fields(message: &Message) -> Fields {
    match message {
        Message::Barrier { ring } => Fields::new("sync barrier").with("ring", *ring),
        Message::ServiceBuild { ring, services } => {
            let ids = services.iter().map(|id| u64::from(*id)).collect();
            Fields::new("sync services")
                .with("ring", *ring)
                .with("ids", Value::Numbers(ids))
        }
        Message::Cmap(message) => cmap(message),
        Message::Cfg(message) => cfg(message),
        Message::Cpg(message) => cpg(message),
        Message::Votequorum(message) => votequorum(message),
        Message::Unknown {
            service,
            function,
            body,
        } => Fields::new(format!("{} function", service_name(*service)))
            .with("service", *service)
            .with("function", *function)
            .with("bytes", body.len()),
        Message::OtherGroups { groups, body } => {
            let names = groups.iter().map(|name| Fields::new(preview(name)));
            Fields::new("other groups")
                .with("groups", names.collect::<Vec<_>>())
                .with("bytes", body.len())
        }
    }
}

fn service_name(service: u32) -> &'static str {
    match service {
        CMAP => "cmap",
        CFG => "cfg",
        CPG => "cpg",
        QUORUM => "quorum",
        PLOAD => "pload",
        VOTEQUORUM => "votequorum",
        6 => "mon",
        7 => "wd",
        _ => "unknown service",
    }
}

fn cmap(message: &cmap::Message) -> Fields {
    let reason = match message.reason {
        cmap::Reason::Sync => "sync",
        cmap::Reason::NewConfigVersion => "new version",
    };
    let items = message.items.iter().map(|item| {
        Fields::new(item.key.to_string())
            .with("type", item.value_type)
            .with("bytes", item.value.len())
    });
    let fields = Fields::new("cmap").with("reason", reason);
    let fields = match message.config_version() {
        Some(version) => fields.with("config_version", version),
        None => fields,
    };
    fields.detail("items", items.collect::<Vec<_>>())
}

fn cfg(message: &cfg::Message) -> Fields {
    match message {
        cfg::Message::RingReenable(source) => {
            Fields::new("cfg ring reenable").with("from", source.node)
        }
        cfg::Message::KillNode { node, reason } => Fields::new("cfg kill")
            .with("node", *node)
            .with("reason", reason.to_string()),
        cfg::Message::Shutdown => Fields::new("cfg shutdown"),
        cfg::Message::Reload(source) => Fields::new("cfg reload").with("from", source.node),
        cfg::Message::CryptoReconfig { phase } => {
            Fields::new("cfg crypto reconfiguration").with("phase", *phase)
        }
    }
}

fn cpg(message: &cpg::Message) -> Fields {
    match message {
        cpg::Message::ProcJoin { group, pid, reason } => {
            process("cpg procjoin", group, *pid, *reason)
        }
        cpg::Message::ProcLeave { group, pid, reason } => {
            process("cpg procleave", group, *pid, *reason)
        }
        cpg::Message::JoinList(entries) => {
            let entries = entries.iter().map(|(pid, group)| {
                Fields::new("")
                    .with("group", group.to_string())
                    .with("pid", *pid)
            });
            Fields::new("cpg joinlist").with("processes", entries.collect::<Vec<_>>())
        }
        cpg::Message::Mcast {
            group,
            pid,
            source,
            payload,
        } => Fields::new("cpg mcast")
            .with("group", group.to_string())
            .with("pid", *pid)
            .detail("node", source.node)
            .detail("connection", source.conn)
            .with("bytes", payload.len())
            .detail("data", preview(payload)),
        cpg::Message::Downlist { old_members, left } => Fields::new("cpg downlist")
            .with("old_members", *old_members)
            .with("left", left.as_slice()),
        cpg::Message::Partial {
            group,
            pid,
            kind,
            msglen,
            source,
            payload,
        } => Fields::new("cpg part")
            .with("group", group.to_string())
            .with("pid", *pid)
            .with(
                "part",
                match kind {
                    cpg::PartialKind::First => "first",
                    cpg::PartialKind::Continued => "continued",
                    cpg::PartialKind::Last => "last",
                },
            )
            .with("bytes", payload.len())
            .with("of", *msglen)
            .detail("node", source.node)
            .detail("connection", source.conn)
            .detail("data", preview(payload)),
    }
}

fn process(label: &str, group: &cpg::GroupName, pid: u32, reason: cpg::Reason) -> Fields {
    let reason = match reason {
        cpg::Reason::Join => "join",
        cpg::Reason::Leave => "leave",
        cpg::Reason::NodeDown => "nodedown",
        cpg::Reason::NodeUp => "nodeup",
        cpg::Reason::ProcDown => "procdown",
    };
    Fields::new(label)
        .with("group", group.to_string())
        .with("pid", pid)
        .with("reason", reason)
}

fn votequorum(message: &votequorum::Message) -> Fields {
    match message {
        votequorum::Message::NodeInfo(info) => Fields::new("votequorum nodeinfo")
            .with("node", info.node)
            .with("votes", info.votes)
            .with("expected", info.expected)
            .with("flags", info.flags),
        votequorum::Message::Reconfigure { node, value, param } => {
            Fields::new("votequorum reconfigure")
                .with("node", *node)
                .with("value", *value)
                .with("param", *param)
        }
        votequorum::Message::QdeviceReg { register, name } => Fields::new(if *register {
            "votequorum qdevice register"
        } else {
            "votequorum qdevice unregister"
        })
        .with("name", name.to_string()),
        votequorum::Message::QdeviceReconfigure { old, new } => {
            Fields::new("votequorum qdevice rename")
                .with("old", old.to_string())
                .with("new", new.to_string())
        }
    }
}

/// The beginning of a payload, unprintable bytes escaped.
fn preview(payload: &[u8]) -> String {
    let head = payload.get(..PREVIEW_MAX).unwrap_or(payload);
    let more = if head.len() < payload.len() {
        "…"
    } else {
        ""
    };
    format!("{}{more}", head.escape_ascii())
}
