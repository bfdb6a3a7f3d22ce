//! What strangers and garbage do to a mixed ring: nothing.

use crate::hosts::{Lab, RINGWRIGHT, address};

/// Sends datagrams of garbage and of spoofed frames to a host, from an address outside the nodelist and from a
/// member's. Bounded: it ends by itself.
const SENDER: &str = r"
import socket, os, struct, random, sys
random.seed(7)
target = sys.argv[1]
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
h = lambda t, n: struct.pack('<HBBBII', 0xc070, 3, t, 0, n, 0)
for i in range(3000):
    kind = i % 6
    if kind == 0: b = os.urandom(random.randint(0, 1400))
    elif kind == 1: b = h(0, 2) + os.urandom(44)
    elif kind == 2: b = h(3, 2) + struct.pack('<IIIQ', 2, 400, 400, 9) + bytes(40)
    elif kind == 3: b = b'\xc0\x70' + os.urandom(60)
    elif kind == 4: b = h(4, 2)[:random.randint(0, 13)]
    else: b = h(1, 9) + struct.pack('<IIi', 9, 0xfffffff0, 0) + os.urandom(30)
    s.sendto(b, (target, 5405))
";

#[test]
#[ignore = "real daemons in network namespaces: .ci/lab runs it"]
fn garbage_is_counted_and_the_ring_stays_up() {
    let Some(lab) = Lab::up("str", "RCR") else {
        return;
    };
    lab.start_all();
    let before = lab.until_ring(&[1, 2, 3], &[1, 2, 3]);
    // The bridge's own host becomes a stranger; host 2 sends what a broken member might.
    for victim in [1, 3] {
        let output = lab.exec(2, &["python3", "-c", SENDER, &address(victim)]);
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
    }
    let after = lab.until_ring(&[1, 2, 3], &[1, 2, 3]);
    assert_eq!(before.ring_id, after.ring_id, "garbage moved the ring");
    let status = lab.exec(1, &[RINGWRIGHT, "status", "--json"]);
    let status = String::from_utf8_lossy(&status.stdout);
    let count = |key: &str| -> u64 {
        let text = status
            .split(&format!("\"{key}\":"))
            .nth(1)
            .unwrap_or_else(|| panic!("no {key} in {status}"));
        text.trim_start()
            .split(|c: char| !c.is_ascii_digit())
            .next()
            .and_then(|n| n.parse().ok())
            .expect("a number")
    };
    assert!(count("malformed") > 1000, "{status}");
    assert!(count("unlisted") > 100, "{status}");
    lab.assert_healthy();
}
