//! The nodes of the demonstration, and what is printed of them.

use std::io::Write;

use anstyle::{AnsiColor, Style};
use ringwright::{Event, NodeId};
use ringwright_driver::{Driver, Handle, MemoryStore};
use tokio::sync::{broadcast, mpsc, watch};
use tokio::task;
use tokio::time::Instant;

use super::setup::Setup;
use super::watch::Watched;
use crate::control::report::Quorum;
use crate::failure::Failure;

const STYLES: [Style; 3] = [
    AnsiColor::Green.on_default(),
    AnsiColor::Cyan.on_default(),
    AnsiColor::Magenta.on_default(),
];

/// The nodes, by their place in the nodelist.
pub(super) struct Cluster<'a> {
    setup: Setup,
    out: &'a mut dyn Write,
    start: Instant,
    /// Each node while it runs.
    running: Vec<Option<Handle>>,
    /// What each node keeps while it does not.
    stores: Vec<MemoryStore>,
    watched: Vec<Watched>,
    told: mpsc::UnboundedSender<(usize, Event)>,
    events: mpsc::UnboundedReceiver<(usize, Event)>,
    rings: usize,
    /// Whether `two_node` is in force, as the nodes say.
    two_node: bool,
}

impl<'a> Cluster<'a> {
    pub(super) fn new(setup: Setup, out: &'a mut dyn Write) -> Self {
        let nodes = setup.nodes.len();
        let (told, events) = mpsc::unbounded_channel();
        Self {
            setup,
            out,
            start: Instant::now(),
            running: vec![None; nodes],
            stores: vec![MemoryStore::default(); nodes],
            watched: vec![Watched::default(); nodes],
            told,
            events,
            rings: 0,
            two_node: false,
        }
    }

    /// Starts nodes that do not run.
    pub(super) fn start(&mut self, indices: &[usize]) -> Result<(), Failure> {
        for &index in indices {
            let settings = self.setup.nodes[index].clone();
            // Loopback addresses are always there.
            let (_, address) = watch::channel(true);
            let store = self.stores[index].clone();
            let handle = Driver::start(
                settings.node,
                index as u64,
                settings.transport,
                store,
                address,
            )
            .map_err(Failure::new)?;
            task::spawn_local(forward(index, handle.events(), self.told.clone()));
            self.watched[index] = Watched::default();
            self.running[index] = Some(handle);
        }
        Ok(())
    }

    /// Lets a node leave in order, and tells meanwhile what the others do.
    pub(super) async fn stop(&mut self, index: usize) -> Result<(), Failure> {
        let Some(handle) = self.running[index].take() else {
            return Ok(());
        };
        let leaving = handle.leave();
        tokio::pin!(leaving);
        loop {
            tokio::select! {
                biased;
                Some((index, event)) = self.events.recv() => self.take(index, &event)?,
                ended = &mut leaving => return self.line(Some(index), &ended.to_string()),
            }
        }
    }

    /// Tells what happens until all of these are in one synchronised, quorate ring.
    pub(super) async fn until_ring_of(&mut self, indices: &[usize]) -> Result<(), Failure> {
        let members: Vec<_> = indices.iter().map(|&index| self.id(index)).collect();
        let settled = |watched: &[Watched]| {
            indices.iter().all(|&index| {
                watched[index].is_settled_with(&members)
                    && watched[index].ring() == watched[indices[0]].ring()
            })
        };
        while !settled(&self.watched) {
            if let Some((index, event)) = self.events.recv().await {
                self.take(index, &event)?;
            }
        }
        self.rings += 1;
        Ok(())
    }

    /// What each running node says of its votes.
    pub(super) async fn table(&mut self) -> Result<(), Failure> {
        writeln!(
            self.out,
            "\n  {:<10} {:<6} {:<9} {:<10} {:<8} Quorum",
            "Node", "Ring", "Quorate", "Members", "Votes"
        )?;
        for index in 0..self.running.len() {
            let Some(handle) = &self.running[index] else {
                writeln!(self.out, "  {:<10} stopped", self.name(index))?;
                continue;
            };
            let quorum = handle.query(Quorum::of).await.map_err(Failure::new)?;
            let members: Vec<_> = quorum.members.iter().map(|m| m.node.to_string()).collect();
            let votes = quorum.votes.unwrap_or_default();
            self.two_node |= votes.flags.iter().any(|flag| flag == "2Node");
            writeln!(
                self.out,
                "  {:<10} {:<6} {:<9} {:<10} {:<8} {}",
                self.name(index),
                quorum.ring,
                if quorum.quorate { "yes" } else { "no" },
                members.join(" "),
                format!("{} of {}", votes.total, votes.expected),
                votes.quorum
            )?;
        }
        Ok(())
    }

    /// A heading.
    pub(super) fn say(&mut self, what: &str) -> Result<(), Failure> {
        let style = Style::new().bold();
        writeln!(self.out, "\n{style}— {what} —{style:#}")?;
        Ok(())
    }

    pub(super) fn conclude(self) -> Result<(), Failure> {
        let two_node = if self.two_node {
            "`two_node: 1` is in force: every part of one or two nodes is quorate."
        } else {
            "`two_node: 1` was switched off, because there are three nodes: a majority is needed, and a\n\
             node cut off alone stops. corosync 3.1.7 would call every part of one or two nodes quorate."
        };
        writeln!(
            self.out,
            "\nDone in {:.1} s, after {} rings of all who ran.\n{two_node}",
            self.start.elapsed().as_secs_f64(),
            self.rings
        )?;
        Ok(())
    }

    fn take(&mut self, index: usize, event: &Event) -> Result<(), Failure> {
        match self.watched[index].take(event) {
            Some(words) => self.line(Some(index), &words),
            None => Ok(()),
        }
    }

    fn line(&mut self, index: Option<usize>, words: &str) -> Result<(), Failure> {
        let time = self.start.elapsed().as_secs_f64();
        let name = index.map_or_else(String::new, |index| self.name(index));
        let style = index.map_or(Style::new(), |index| STYLES[index % STYLES.len()]);
        writeln!(
            self.out,
            "{time:>8.3} s  {style}{name:<10}{style:#} {words}"
        )?;
        self.out.flush()?;
        Ok(())
    }

    fn id(&self, index: usize) -> NodeId {
        self.setup.nodes[index].node.me
    }

    fn name(&self, index: usize) -> String {
        let me = self.id(index);
        let nodes = &self.setup.nodes[index].node.nodes;
        let entry = nodes.iter().find(|entry| entry.id == me);
        entry.map_or_else(|| me.to_string(), |entry| entry.name.clone())
    }
}

/// Events of all nodes in one queue. They are few, and taken at once.
async fn forward(
    index: usize,
    mut events: broadcast::Receiver<Event>,
    told: mpsc::UnboundedSender<(usize, Event)>,
) {
    loop {
        match events.recv().await {
            Ok(event) => {
                if told.send((index, event)).is_err() {
                    return;
                }
            }
            Err(broadcast::error::RecvError::Lagged(_)) => {}
            Err(broadcast::error::RecvError::Closed) => return,
        }
    }
}
