//! `ringwright demo`.

use std::process::{Command, Stdio};

#[test]
fn demonstrations_side_by_side_tell_of_a_loss_and_a_return() {
    let start = || {
        let mut command = Command::new(env!("CARGO_BIN_EXE_ringwright"));
        command.arg("demo").stdin(Stdio::null());
        command
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap()
    };
    let both = [start(), start()];
    for demo in both {
        let output = demo.wait_with_output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        assert!(
            output.status.success(),
            "{text}{}",
            String::from_utf8_lossy(&output.stderr)
        );
        assert!(
            !text.contains('\u{1b}'),
            "no colours without a terminal: {text}"
        );
        let stages = [
            "all three nodes start",
            "primary stops",
            "primary is started again",
            "everybody stops",
            "Done in",
        ];
        let places: Vec<_> = stages
            .iter()
            .map(|stage| text.find(stage).expect(stage))
            .collect();
        assert!(places.is_sorted(), "{text}");
        let without_primary = &text[places[1]..places[2]];
        for told in [
            "primary    stopped",
            "secondary  ring 2.",
            "terciary   ring 2.",
            "members 2 3",
        ] {
            assert!(without_primary.contains(told), "no `{told}`: {text}");
        }
        for name in ["primary", "secondary", "terciary"] {
            assert!(
                text[places[2]..places[3]].contains(&format!("{name:<10} ring 1.")),
                "{text}"
            );
        }
        assert!(text.contains("two_node: 1` was switched off"), "{text}");
    }
}
