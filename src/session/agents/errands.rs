//! What is asked of agent programs beside all conversations.

use std::sync::Arc;

use tokio::{
    io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, Lines},
    net::unix::{OwnedReadHalf, OwnedWriteHalf},
};

use super::{Agents, shared::reach};
use crate::{
    runtime::{Errand, Runtime, Tidings},
    session::SessionError,
    words::SlotId,
};

/// Something that was asked for. Whoever drops it wants it no more.
pub(in crate::session) struct Errands {
    runtime: Arc<dyn Runtime>,
    lines: Lines<BufReader<OwnedReadHalf>>,
    _orders: OwnedWriteHalf,
}

impl Agents {
    /// Asks for something of the program with this account that is started with this launcher; `None` if that cannot be asked for there.
    pub(in crate::session) async fn errand(
        &self,
        account: &SlotId,
        launcher: &[String],
        errand: Errand,
    ) -> Result<Option<Errands>, SessionError> {
        let runtime = self
            .runtimes
            .with(account)
            .ok_or(SessionError::NoRuntime(account.runtime))?;
        let Some(line) = runtime.errand(errand) else {
            return Ok(None);
        };
        let shared = self
            .shared
            .of(&self.host, runtime.as_ref(), launcher)
            .await?;
        let Some(socket) = shared else {
            return Ok(None);
        };
        let stream = reach(&socket).await.map_err(SessionError::Errand)?;
        let (answers, mut orders) = stream.into_split();
        let sent = orders.write_all(format!("{line}\n").as_bytes()).await;
        sent.map_err(SessionError::Errand)?;
        Ok(Some(Errands {
            runtime: Arc::clone(runtime),
            lines: BufReader::new(answers).lines(),
            _orders: orders,
        }))
    }
}

impl Errands {
    /// What comes of it next; `None` when nothing more does.
    pub(in crate::session) async fn next(&mut self) -> Option<Tidings> {
        // What breaks the connection means what its end means.
        while let Some(line) = self.lines.next_line().await.ok()? {
            if let Some(tidings) = self.runtime.tidings(&line) {
                return Some(tidings);
            }
        }
        None
    }
}
