//! The form of `corosync-quorumtool -s`.

use std::fmt::Write;

use crate::control::report::{Quorum, Votes};

/// The whole status; `date` as ctime(3) writes it.
pub(crate) fn quorum(quorum: &Quorum, date: &str) -> String {
    let mut text = String::new();
    let provider = quorum.provider.as_deref().unwrap_or("Not configured");
    let ring = match quorum.provider {
        Some(_) => quorum.ring.clone(),
        None => format!("{:x}", quorum.ring_seq),
    };
    let quorate = if quorum.quorate { "Yes" } else { "No" };
    heading(&mut text, "Quorum information");
    for (name, value) in [
        ("Date:", date),
        ("Quorum provider:", provider),
        ("Nodes:", &quorum.members.len().to_string()),
        ("Node ID:", &quorum.node.to_string()),
        ("Ring ID:", &ring),
        ("Quorate:", quorate),
    ] {
        line(&mut text, name, value);
    }
    text.push('\n');
    if let Some(votes) = &quorum.votes {
        votequorum(&mut text, votes);
        text.push('\n');
    }
    membership(&mut text, quorum);
    text
}

fn heading(text: &mut String, title: &str) {
    line_of(text, title);
    line_of(text, &"-".repeat(title.len()));
}

fn line(text: &mut String, name: &str, value: &str) {
    line_of(text, &format!("{name:<18}{value}"));
}

fn line_of(text: &mut String, content: &str) {
    text.push_str(content);
    text.push('\n');
}

fn votequorum(text: &mut String, votes: &Votes) {
    let blocked = if votes.quorate {
        " "
    } else {
        "Activity blocked"
    };
    let flags = votes
        .flags
        .iter()
        .fold(String::new(), |flags, flag| flags + flag + " ");
    heading(text, "Votequorum information");
    for (name, value) in [
        ("Expected votes:", votes.expected.to_string()),
        ("Highest expected:", votes.highest.to_string()),
        ("Total votes:", votes.total.to_string()),
        ("Quorum:", format!("{} {blocked}", votes.quorum)),
        ("Flags:", flags),
    ] {
        line(text, name, &value);
    }
}

fn membership(text: &mut String, quorum: &Quorum) {
    heading(text, "Membership information");
    if quorum.provider.is_none() {
        line_of(text, "    Nodeid Name");
        for member in &quorum.members {
            let local = if member.local { " (local)" } else { "" };
            line_of(text, &format!("{:>10} {}{local}", member.node, member.name));
        }
        return;
    }
    let device = quorum.members.iter().any(|member| member.device.is_some());
    let column = |content: &str| {
        if device {
            format!("{content:>10} ")
        } else {
            String::new()
        }
    };
    line_of(
        text,
        &format!("    Nodeid      Votes {}Name", column("Qdevice")),
    );
    for member in &quorum.members {
        let local = if member.local { " (local)" } else { "" };
        let state = column(member.device.as_deref().unwrap_or("NR"));
        line_of(
            text,
            &format!(
                "{:>10} {:>10} {state}{}{local}",
                member.node, member.votes, member.name
            ),
        );
    }
    let own = quorum
        .votes
        .as_ref()
        .and_then(|votes| votes.device.as_ref());
    if let Some(device) = own {
        let (votes, kept) = if device.cast {
            (device.votes, String::new())
        } else {
            (0, format!(" (votes {})", device.votes))
        };
        let _ = writeln!(
            text,
            "{:>10} {votes:>10} {}{}{kept}",
            0,
            column(""),
            device.name
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::control::report::Voter;

    /// Line ends and the blanks before them, made visible.
    fn visible(text: &str) -> String {
        let mut lines = String::new();
        for line in text.lines() {
            let kept = line.trim_end_matches(' ');
            let blanks = "·".repeat(line.len() - kept.len());
            let _ = writeln!(lines, "{kept}{blanks}$");
        }
        lines
    }

    fn three(quorate: bool) -> Quorum {
        let voter = |node: u32| Voter {
            node,
            name: format!("n{node}"),
            votes: 1,
            local: node == 1,
            device: None,
        };
        let flags = ["2Node", "Quorate", "WaitForAll"];
        let flags = flags.iter().filter(|flag| quorate || **flag != "Quorate");
        Quorum {
            provider: Some("corosync_votequorum".into()),
            node: 1,
            ring: "1.9".into(),
            ring_seq: 9,
            quorate,
            votes: Some(Votes {
                expected: 3,
                highest: 3,
                total: 3,
                quorum: 2,
                quorate,
                flags: flags.map(|flag| (*flag).into()).collect(),
                device: None,
            }),
            members: (1..=3).map(voter).collect(),
            why: String::new(),
        }
    }

    const QUORATE: &str = "\
Quorum information$
------------------$
Date:             Sun Nov 22 13:45:51 2026$
Quorum provider:  corosync_votequorum$
Nodes:            3$
Node ID:          1$
Ring ID:          1.9$
Quorate:          Yes$
$
Votequorum information$
----------------------$
Expected votes:   3$
Highest expected: 3$
Total votes:      3$
Quorum:           2··$
Flags:            2Node Quorate WaitForAll·$
$
Membership information$
----------------------$
    Nodeid      Votes Name$
         1          1 n1 (local)$
         2          1 n2$
         3          1 n3$
";

    #[test]
    fn a_quorate_status_is_corosync_quorumtools_to_the_blank() {
        let text = quorum(&three(true), "Sun Nov 22 13:45:51 2026");
        assert_eq!(visible(&text), QUORATE);
    }

    #[test]
    fn a_blocked_status_says_so() {
        let text = visible(&quorum(&three(false), "Sun Nov 22 13:45:51 2026"));
        let blocked = QUORATE
            .replace("Yes$", "No$")
            .replace("2··$", "2 Activity blocked$")
            .replace("2Node Quorate WaitForAll·$", "2Node WaitForAll·$");
        assert_eq!(text, blocked);
    }

    #[test]
    fn without_flags_the_line_ends_in_blanks() {
        let mut none = three(true);
        none.votes.as_mut().unwrap().flags.clear();
        let text = visible(&quorum(&none, ""));
        assert!(text.contains("\nFlags:············$\n"), "{text}");
    }

    #[test]
    fn a_device_gets_a_column_and_a_row() {
        let mut with = three(true);
        with.members[1].device = Some("A,V,NMW".into());
        with.votes.as_mut().unwrap().device = Some(crate::control::report::Device {
            name: "Qdevice".into(),
            votes: 1,
            cast: false,
        });
        let text = quorum(&with, "");
        let rows: Vec<_> = text
            .lines()
            .skip_while(|line| !line.contains("Nodeid"))
            .collect();
        assert_eq!(
            rows,
            [
                "    Nodeid      Votes    Qdevice Name",
                "         1          1         NR n1 (local)",
                "         2          1    A,V,NMW n2",
                "         3          1         NR n3",
                "         0          0            Qdevice (votes 1)",
            ]
        );
    }

    #[test]
    fn without_a_provider_there_are_no_votes() {
        let none = Quorum {
            provider: None,
            votes: None,
            ..three(true)
        };
        let text = quorum(&none, "");
        assert!(
            text.contains("Quorum provider:  Not configured\n"),
            "{text}"
        );
        assert!(text.contains("Ring ID:          9\n"), "{text}");
        assert!(!text.contains("Votequorum information"), "{text}");
        assert!(
            text.contains("    Nodeid Name\n         1 n1 (local)\n"),
            "{text}"
        );
    }
}
