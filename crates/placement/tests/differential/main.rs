//! Random clusters, placed by ours and by Pacemaker's own scheduler.

mod generate;
mod history;
mod outcome;
mod shrink;

use outcome::theirs;

#[test]
fn probe() {
    let seeds = std::env::var("SEEDS").unwrap_or("0..20".into());
    let (from, to) = seeds.split_once("..").unwrap();
    let (mut refused, mut actions, mut verbs) = (0, 0, std::collections::BTreeMap::new());
    for seed in from.parse::<u64>().unwrap()..to.parse().unwrap() {
        let cib = generate::cluster(seed);
        match theirs(&cib) {
            None => {
                refused += 1;
                std::fs::write(format!("/tmp/edges/refused-{seed}.xml"), cib.to_xml()).unwrap();
            }
            Some(o) => {
                actions += o.actions.len();
                for a in o.actions.keys() {
                    *verbs
                        .entry(a.split(' ').next().unwrap().to_owned())
                        .or_insert(0) += 1;
                }
            }
        }
    }
    eprintln!("{refused} refused, {actions} actions {verbs:?}");
}
