//! The form of `corosync-cmapctl`.

use crate::control::report::Key;

/// A key's line.
pub(crate) fn cmap(key: &Key) -> String {
    let Key { path, kind, value } = key;
    format!("{path} ({kind}) = {value}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_member_reads_as_in_corosync() {
        let key = |name: &str, kind: &str, value: &str| {
            cmap(&Key {
                path: format!("runtime.members.1.{name}"),
                kind: kind.into(),
                value: value.into(),
            })
        };
        let listing = [
            key("config_version", "u64", "0"),
            key("ip", "str", "r(0) ip(192.168.56.2) "),
            key("join_count", "u32", "1"),
            key("status", "str", "joined"),
        ];
        assert_eq!(
            listing,
            [
                "runtime.members.1.config_version (u64) = 0",
                "runtime.members.1.ip (str) = r(0) ip(192.168.56.2) ",
                "runtime.members.1.join_count (u32) = 1",
                "runtime.members.1.status (str) = joined",
            ]
        );
    }
}
