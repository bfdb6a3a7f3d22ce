//! OCF agents of Debian's packages, and fence agents, run as they are; and agents that misbehave.

mod support;

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::Duration;

use ringwright::resource::{Execution, ExitCode, FenceOperation, Fencing, Operation, Outcome};
use ringwright_driver::Executor;
use ringwright_linux::agent::{MetaData, Paths};
use ringwright_linux::{Addresses, LinuxExecutor};
use support::{PATIENCE, action, documented, inside};
use tempfile::TempDir;

/// Agents, their parameters, and what is asked of them one after another. `@` stands for a folder that goes away, `%` for the host's name; a number
/// behind a slash is a time-out in seconds.
const STORIES: [(&str, &str, &str); 11] = [
    (
        "ocf:heartbeat:Dummy",
        "state=@/dummy",
        "meta-data validate-all monitor start start monitor promote stop stop monitor",
    ),
    (
        "ocf:pacemaker:Stateful",
        "state=@/stateful",
        "monitor start monitor promote monitor demote monitor stop monitor",
    ),
    (
        "ocf:pacemaker:Dummy",
        "state=@/slow op_sleep=60",
        "monitor/1 start/1",
    ),
    (
        "ocf:pacemaker:Dummy",
        "state=@/failing fail_start_on=%",
        "monitor start stop",
    ),
    (
        "ocf:heartbeat:anything",
        "binfile=/bin/sleep cmdline_options=600 pidfile=@/pid",
        "monitor start monitor stop monitor",
    ),
    (
        "ocf:heartbeat:IPaddr2",
        "cidr_netmask=24",
        "validate-all monitor start stop",
    ),
    (
        "ocf:heartbeat:IPaddr2",
        "ip=192.0.2.9",
        "validate-all monitor start stop",
    ),
    (
        "ocf:heartbeat:Filesystem",
        "device=/dev/no directory=@/mnt fstype=ext4",
        "monitor start stop",
    ),
    (
        "ocf:heartbeat:symlink",
        "target=@/t link=@/l",
        "monitor start monitor stop monitor",
    ),
    (
        "ocf:heartbeat:named",
        "named=/no/such/named",
        "monitor start stop",
    ),
    ("ocf:heartbeat:no_such_agent", "", "monitor start"),
];

fn executor() -> LinuxExecutor {
    LinuxExecutor::new(Paths::default(), Addresses::Script)
}

/// Runs a story; one cell for each thing asked.
async fn tell(agent: &str, parameters: &str, story: &str, folder: &Path) -> String {
    let executor = executor();
    let host = ringwright_linux::hostname().unwrap();
    let parameters = parameters.replace('@', &folder.to_string_lossy());
    let parameters = parameters.replace('%', &host);
    let mut cells = Vec::new();
    for asked in story.split(' ') {
        let (name, limit) = asked.split_once('/').unwrap_or((asked, "60"));
        let mut action = action(agent, name.parse().unwrap(), &parameters);
        action.timeout = Duration::from_secs(limit.parse().unwrap());
        action.meta.insert("on_node".into(), host.clone());
        let outcome = executor.execute(&action, None).await;
        let code = u8::from(outcome.code);
        cells.push(match outcome.execution {
            Execution::Done => format!("{name} {code}"),
            other => format!("{name} {code} ({other})"),
        });
    }
    cells.join(", ")
}

#[tokio::test]
async fn debians_agents_exit_as_the_table_in_the_documents_says() {
    if !inside("debians_agents_exit_as_the_table_in_the_documents_says") {
        return;
    }
    let folders = ["heartbeat/Dummy", "pacemaker/Dummy"];
    let root = Path::new("/usr/lib/ocf/resource.d");
    if !folders.iter().all(|agent| root.join(agent).exists()) {
        println!(
            "skipped: Debian's resource-agents and pacemaker-resource-agents are not installed"
        );
        return;
    }
    let folder = TempDir::new().unwrap();
    let mut wrong = Vec::new();
    for (agent, parameters, story) in STORIES {
        let told = tell(agent, parameters, story, folder.path()).await;
        let row = format!("| `{agent}` | `{parameters}` | {told} |");
        println!("{row}");
        if !documented(&row) {
            wrong.push(row);
        }
    }
    assert!(
        wrong.is_empty(),
        "not in docs/RESOURCES.md:\n{}",
        wrong.join("\n")
    );
}

#[tokio::test]
async fn every_installed_agent_describes_itself() {
    let root = Path::new("/usr/lib/ocf/resource.d");
    let (mut read, mut without) = (0, Vec::new());
    for provider in ["heartbeat", "pacemaker"] {
        let Ok(agents) = fs::read_dir(root.join(provider)) else {
            println!("skipped: no agents of {provider}");
            continue;
        };
        for entry in agents {
            let name = entry.unwrap().file_name().into_string().unwrap();
            if name.starts_with('.') {
                continue; // what scripts share
            }
            let agent = ringwright::resource::Agent::ocf(provider, &name);
            match executor().describe(&agent).await {
                Ok(told) => {
                    read += 1;
                    assert!(told.action("start").is_some(), "{agent}");
                }
                Err(error) => without.push(format!("{agent}: {error}")),
            }
        }
    }
    println!("{read} agents described themselves");
    assert!(without.is_empty(), "{without:#?}");
}

#[tokio::test]
async fn our_own_address_agent_describes_itself_in_the_same_words() {
    let address = ringwright::resource::Agent::ocf("heartbeat", "IPaddr2");
    let ours = LinuxExecutor::default().describe(&address).await.unwrap();
    assert!(
        ours.misfits(&action_parameters("ip=192.168.56.56 cidr_netmask=24"))
            .is_empty()
    );
    let script = executor().describe(&address).await;
    let Ok(script) = script else {
        println!("skipped: Debian's package resource-agents is not installed");
        return;
    };
    let names = |agent: &MetaData| {
        let mut names: Vec<_> = agent.parameters.iter().map(|p| p.name.clone()).collect();
        names.sort();
        names
    };
    let mut theirs = names(&script);
    theirs.extend(["probe_count", "probe_interval"].map(str::to_owned));
    theirs.sort();
    assert_eq!(names(&ours), theirs);
}

fn action_parameters(text: &str) -> std::collections::BTreeMap<String, String> {
    action("ocf:heartbeat:IPaddr2", Operation::Start, text).parameters
}

/// An OCF root, a folder of init scripts and one of fence agents with what a test writes.
struct Agents {
    folder: TempDir,
}

impl Agents {
    fn new() -> Self {
        Self {
            folder: TempDir::new().unwrap(),
        }
    }

    fn write(&self, path: &str, script: &str, mode: u32) {
        let path = self.folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        // A text that is being written cannot be executed.
        let draft = path.with_extension("new");
        fs::write(&draft, script).unwrap();
        fs::set_permissions(&draft, Permissions::from_mode(mode)).unwrap();
        fs::rename(draft, path).unwrap();
    }

    fn ocf(&self, script: &str) {
        self.write(
            "resource.d/test/agent",
            &format!("#!/bin/sh\n{script}\n"),
            0o755,
        );
    }

    fn executor(&self) -> LinuxExecutor {
        let root = self.folder.path();
        let paths = Paths {
            ocf: root.to_owned(),
            scratch: root.join("scratch"),
            fence: root.join("fence"),
            init: root.join("init"),
            systemctl: root.join("systemctl"),
            systemd: root.join("systemd"),
        };
        LinuxExecutor::new(paths, Addresses::BuiltIn)
    }

    async fn ask(&self, agent: &str, operation: Operation) -> Outcome {
        self.executor()
            .execute(&action(agent, operation, "x=1"), None)
            .await
    }

    async fn start(&self) -> Outcome {
        self.ask("ocf:test:agent", Operation::Start).await
    }
}

#[tokio::test]
async fn an_agent_that_cannot_be_run_is_told_apart() {
    let agents = Agents::new();
    let missing = agents.start().await;
    assert_eq!(
        (missing.execution, missing.code),
        (Execution::NotInstalled, ExitCode::NotInstalled)
    );
    assert!(
        missing.reason.ends_with("is not installed on this host"),
        "{missing}"
    );
    agents.write("resource.d/test/agent", "#!/bin/sh\n", 0o644);
    let plain = agents.start().await;
    let expected = (Execution::Error, ExitCode::InsufficientPrivileges);
    assert_eq!((plain.execution, plain.code), expected);
    assert!(
        plain.reason.ends_with("it has no execute permission"),
        "{plain}"
    );
    agents.write("resource.d/test/agent", "#!/no/such/interpreter\n", 0o755);
    let foreign = agents.start().await;
    assert_eq!(
        (foreign.execution, foreign.code),
        (Execution::NotInstalled, ExitCode::NotInstalled)
    );
    agents.write("resource.d/test/agent", "\x7fELF garbage", 0o755);
    let garbage = agents.start().await;
    assert_eq!(
        (garbage.execution, garbage.code),
        (Execution::Error, ExitCode::Error)
    );
    agents.write("resource.d/test/folder/file", "", 0o755);
    let folder = agents.ask("ocf:test:folder", Operation::Start).await;
    assert_eq!(folder.execution, Execution::NotInstalled);
    assert!(folder.reason.ends_with("it is no file"), "{folder}");
}

#[tokio::test]
async fn an_agent_says_why_and_its_last_word_counts() {
    let agents = Agents::new();
    agents.ocf(
        "echo ocf-exit-reason:first >&2; echo \"ocf-exit-reason:no $OCF_RESKEY_x\" >&2; exit 6",
    );
    let told = agents.start().await;
    assert_eq!(told.to_string(), "not configured: no 1");
    agents.ocf("kill -9 $$");
    let killed = agents.start().await;
    assert_eq!(
        killed.to_string(),
        "Error (error): it was ended by signal 9"
    );
}

#[tokio::test]
async fn an_agent_that_hangs_is_ended_with_all_its_children() {
    let agents = Agents::new();
    agents.ocf("trap '' TERM; (trap '' TERM; sleep 600) & sleep 600");
    let mut slow = action("ocf:test:agent", Operation::Start, "x=1");
    slow.timeout = Duration::from_secs(1);
    let ended = agents.executor().execute(&slow, None).await;
    let expected = "Timed Out (error): it took longer than 1s and was ended";
    assert_eq!(ended.to_string(), expected);
}

#[tokio::test]
async fn an_agent_that_forks_or_floods_does_not_hold_anybody_up() {
    let agents = Agents::new();
    agents.ocf("yes | head -c 3000000; (sleep 600) & exit 0");
    let flood = agents.start().await;
    assert_eq!(flood.code, ExitCode::Ok);
    assert_eq!(flood.output.len(), ringwright::resource::OUTPUT_MAX);
}

#[tokio::test]
async fn what_cannot_expire_is_refused_a_lease() {
    let agents = Agents::new();
    agents.ocf("exit 0");
    let start = action("ocf:test:agent", Operation::Start, "x=1");
    let until = Some(tokio::time::Instant::now() + PATIENCE);
    let refused = agents.executor().execute(&start, until).await;
    assert_eq!(refused.execution, Execution::NotSupported);
    assert_eq!(refused.reason, "ocf:test:agent cannot be held on a lease");
}

#[tokio::test]
async fn init_scripts_are_asked_in_their_own_words() {
    let agents = Agents::new();
    let missing = agents.ask("lsb:web", Operation::Start).await;
    assert_eq!(missing.execution, Execution::NotInstalled);
    agents.write("init/web", "#!/bin/sh\ntest $1 = start || exit 3\n", 0o755);
    for class in ["lsb", "service"] {
        let agent = format!("{class}:web");
        assert_eq!(
            agents.ask(&agent, Operation::Start).await.code,
            ExitCode::Ok
        );
        assert_eq!(
            agents.ask(&agent, Operation::Monitor).await.code,
            ExitCode::NotRunning
        );
        let refused = agents.ask(&agent, Operation::Promote).await;
        assert_eq!(refused.execution, Execution::NotSupported);
    }
}

#[tokio::test]
async fn units_are_asked_of_systemd_where_it_runs() {
    let agents = Agents::new();
    let absent = agents.ask("systemd:web", Operation::Start).await;
    assert_eq!(
        absent.to_string(),
        "Not installed (not installed): systemd does not run on this host"
    );
    fs::create_dir(agents.folder.path().join("systemd")).unwrap();
    let answers = "#!/bin/sh\ntest \"$3\" = web.service || exit 5\n\
                   case $1 in is-active) echo failed; exit 3;; esac\n";
    agents.write("systemctl", answers, 0o755);
    assert_eq!(
        agents.ask("systemd:web", Operation::Start).await.code,
        ExitCode::Ok
    );
    let looked = agents.ask("systemd:web", Operation::Monitor).await;
    assert_eq!(looked.to_string(), "not running: web is failed");
    let unknown = agents.ask("systemd:other", Operation::Start).await;
    assert_eq!(
        unknown.to_string(),
        "not installed: this host has no unit other"
    );
    assert_eq!(
        agents.ask("systemd:other", Operation::Stop).await.code,
        ExitCode::Ok
    );
}

fn fencing(agent: &str, operation: FenceOperation, parameters: &str) -> Fencing {
    Fencing {
        agent: agent.into(),
        operation,
        target: Some("n2".into()),
        parameters: action_parameters(parameters),
        timeout: PATIENCE,
    }
}

#[tokio::test]
async fn a_fence_agent_is_told_on_its_standard_input() {
    let agents = Agents::new();
    let script = "#!/bin/sh\nsort > $0.told; grep -q ^action=status $0.told && exit 2; \
                  grep -q ^action=off $0.told || { echo 'no such action' >&2; exit 1; }\n";
    agents.write("fence/fence_test", script, 0o755);
    let executor = agents.executor();
    let off = executor
        .fence(&fencing("fence_test", FenceOperation::Off, "ip=10.0.0.9"))
        .await;
    assert_eq!(off.code, ExitCode::Ok, "{off}");
    let told = fs::read_to_string(agents.folder.path().join("fence/fence_test.told")).unwrap();
    assert_eq!(
        told,
        "action=off\nip=10.0.0.9\nnodename=n2\nplug=n2\nport=n2\n"
    );
    let status = executor
        .fence(&fencing("fence_test", FenceOperation::Status, ""))
        .await;
    assert_eq!(status.code, ExitCode::NotRunning, "the target is off");
    let list = executor
        .fence(&fencing("fence_test", FenceOperation::List, ""))
        .await;
    assert_eq!(list.to_string(), "error: no such action");
    let missing = executor
        .fence(&fencing("fence_none", FenceOperation::Off, ""))
        .await;
    assert_eq!(missing.execution, Execution::NotInstalled);
    let outside = executor
        .fence(&fencing("../bin/sh", FenceOperation::Off, ""))
        .await;
    assert_eq!(outside.code, ExitCode::NotConfigured);
}

#[tokio::test]
async fn a_real_fence_agent_switches_its_target_off_and_on() {
    if !Path::new("/usr/sbin/fence_dummy").exists() {
        println!("skipped: Debian's package fence-agents is not installed");
        return;
    }
    let folder = TempDir::new().unwrap();
    let parameters = format!("status_file={}/power", folder.path().display());
    let executor = executor();
    let ask = async |operation| {
        executor
            .fence(&fencing("fence_dummy", operation, &parameters))
            .await
    };
    let described = ask(FenceOperation::Metadata).await;
    let described = MetaData::parse(&described.output).unwrap();
    assert!(described.parameters.iter().any(|p| p.name == "status_file"));
    for (operation, then) in [
        (FenceOperation::On, ExitCode::Ok),
        (FenceOperation::Off, ExitCode::NotRunning),
        (FenceOperation::Reboot, ExitCode::Ok),
    ] {
        let done = ask(operation).await;
        assert_eq!(done.code, ExitCode::Ok, "{operation}: {done}");
        assert_eq!(
            ask(FenceOperation::Status).await.code,
            then,
            "after {operation}"
        );
    }
}
