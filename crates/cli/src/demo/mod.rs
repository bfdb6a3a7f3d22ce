//! Three nodes in one process, over real UDP on loopback addresses: the report's cluster, without root and without files.

mod cluster;
mod setup;
mod watch;

use std::io::Write;
use std::time::Duration;

use tokio::task::LocalSet;
use tokio::time;

use crate::failure::Failure;
use cluster::Cluster;
use setup::Setup;

/// When the demonstration gives up; nothing but a defect or a very slow machine makes it take so long.
const PATIENCE: Duration = Duration::from_secs(18);

/// Runs the demonstration from start to end.
pub(crate) fn run(out: &mut dyn Write) -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(Failure::new)?;
    let story = async {
        match time::timeout(PATIENCE, story(out)).await {
            Ok(result) => result,
            Err(_) => Err(Failure::new(format!(
                "the demonstration is not over after {} s",
                PATIENCE.as_secs()
            ))),
        }
    };
    LocalSet::new().block_on(&runtime, story)
}

async fn story(out: &mut dyn Write) -> Result<(), Failure> {
    let setup = Setup::new()?;
    setup.introduce(out)?;
    let mut cluster = Cluster::new(setup, out);

    cluster.say("all three nodes start")?;
    cluster.start(&[0, 1, 2])?;
    cluster.until_ring_of(&[0, 1, 2]).await?;
    cluster.table().await?;

    cluster.say("primary stops")?;
    cluster.stop(0).await?;
    cluster.until_ring_of(&[1, 2]).await?;
    cluster.table().await?;

    cluster.say("primary is started again")?;
    cluster.start(&[0])?;
    cluster.until_ring_of(&[0, 1, 2]).await?;
    cluster.table().await?;

    cluster.say("everybody stops")?;
    for index in [0, 1, 2] {
        cluster.stop(index).await?;
    }
    cluster.conclude()
}
