//! Sessions in process groups, for `cpg watch` and `cpg send`.

use std::io;

use bytes::Bytes;
use ringwright::{GroupName, group};
use ringwright_driver::{GroupSender, GroupSession, Handle, SessionEnded};
use tokio::sync::mpsc;

use super::report::{GroupEvent, Payload};
use super::server::{Client, error};
use super::{Answer, LINE_MAX};

/// How many read messages wait for the ring; the client waits beyond.
const READ_AHEAD: usize = 16;

async fn join(handle: &Handle, name: &str) -> Result<GroupSession, String> {
    let group = GroupName::try_from(name).map_err(|error| error.to_string())?;
    handle.join(group).await.map_err(|error| error.to_string())
}

/// Tells what happens in a group until the client hangs up.
pub(super) async fn watch(handle: &Handle, name: &str, mut client: Client) -> io::Result<()> {
    let mut session = match join(handle, name).await {
        Ok(session) => session,
        Err(why) => return client.answer(&error::<()>(why)).await,
    };
    loop {
        let event = tokio::select! {
            event = session.recv() => event,
            () = client.hung_up() => return Ok(()),
        };
        match event {
            Ok(event) => client.answer(&Answer::Ok(GroupEvent::from(&event))).await?,
            Err(ended) => return client.answer(&error::<()>(ended)).await,
        }
    }
}

/// Sends what the client says to a group, and answers when all of it was delivered to this node too.
pub(super) async fn send(handle: &Handle, name: &str, mut client: Client) -> io::Result<()> {
    let answer = match join(handle, name).await {
        Ok(session) => send_all(session, &mut client).await,
        Err(why) => Err(why),
    };
    client.answer(&answer.map_or_else(error, Answer::Ok)).await
}

/// How many messages were delivered.
async fn send_all(mut session: GroupSession, client: &mut Client) -> Result<u64, String> {
    let (lines, read) = mpsc::channel(READ_AHEAD);
    let feeding = feed(client, lines, session.sender().clone(), read);
    tokio::pin!(feeding);
    let (own, mut delivered, mut fed) = (session.process(), 0, None);
    loop {
        // Events are taken while messages wait for the ring: a slow reader would be put out of the group.
        let event = tokio::select! {
            event = session.recv() => event,
            result = &mut feeding, if fed.is_none() => {
                fed = Some(result);
                session.leave().await.map_err(|ended| ended.to_string())?;
                continue;
            }
        };
        match event {
            Ok(group::Event::Message { from, .. }) if from == own => delivered += 1,
            Ok(_) => {}
            Err(SessionEnded::Left) => return fed.unwrap_or(Ok(())).map(|()| delivered),
            Err(ended) => return Err(ended.to_string()),
        }
    }
}

/// Hands the client's messages to the node, reading ahead a little.
async fn feed(
    client: &mut Client,
    lines: mpsc::Sender<Bytes>,
    sender: GroupSender,
    mut read: mpsc::Receiver<Bytes>,
) -> Result<(), String> {
    let reading = async move {
        while let Some(line) = client
            .line::<Payload>(LINE_MAX)
            .await
            .map_err(|e| e.to_string())?
        {
            let payload = line.map_err(|malformed| malformed.to_string())?;
            let payload = payload.into_bytes().ok_or("a payload is not hexadecimal")?;
            if lines.send(payload).await.is_err() {
                break;
            }
        }
        Ok(())
    };
    let sending = async move {
        while let Some(payload) = read.recv().await {
            sender.send(payload).await.map_err(|e| e.to_string())?;
        }
        Ok(())
    };
    let (read, sent) = tokio::join!(reading, sending);
    sent.and(read)
}
