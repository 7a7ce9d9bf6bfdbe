//! One connection after the other, from serenity through to Discord.

mod heard;
#[cfg(test)]
mod tests;

use std::{io, sync::Arc, time::Duration};

use tokio::{
    sync::{Notify, mpsc},
    task::JoinHandle,
    time::{Instant, sleep_until, timeout},
};
use tokio_tungstenite::tungstenite::Message;
use tokio_util::sync::CancellationToken;

use super::{
    super::{DiscordError, Link, LinkState},
    backoff::Backoff,
    client::{Client, Opening, Wish},
    close::{self, End},
    gate::{Gate, NoGateway},
    porch::Porch,
    pulse::{Lasting, Pulse, beat, due, passed},
    socket::{Patience, Socket},
};

/// A session that was held as long counts as a good start.
const LASTING: Duration = Duration::from_mins(10);

/// The pause before another try to note that it has lasted.
const AGAIN: Duration = Duration::from_mins(1);

/// How long the end of a session waits for the note that it was a good one.
const NOTED: Duration = Duration::from_secs(1);

/// Attempts to resume where READY said that lead nowhere; after those the session is looked for at the front
/// door, until it has gone on.
const AT_RESUME_URL: u32 = 2;

/// Guests that may wait; serenity has one shard.
const GUESTS: usize = 4;

/// What the relay tells the rest of the room.
#[derive(Clone, Debug)]
pub(in super::super) struct Reports {
    /// How the connection is.
    pub(in super::super) link: Link,
    /// Events may be missing: what was written has to be read back.
    pub(in super::super) gap: Arc<Notify>,
}

/// The relay, listening.
pub(in super::super) struct Relay {
    porch: Porch,
    url: String,
    line: Line,
}

impl Relay {
    /// Takes a port of loopback.
    pub(in super::super) async fn open(
        gate: Gate,
        told: Reports,
        patience: Patience,
    ) -> io::Result<Self> {
        let porch = Porch::open().await?;
        Ok(Self {
            url: porch.url()?,
            porch,
            line: Line {
                gate,
                told,
                patience,
                backoff: Backoff::new(patience.pause),
                base: None,
                resume_at: None,
                in_vain: 0,
                seq: None,
                lasting: Lasting::Unknown,
                noting: None,
                intro: Intro::ToCome,
            },
        })
    }

    /// Where serenity has to connect to.
    pub(in super::super) fn url(&self) -> &str {
        &self.url
    }

    /// Relays until `stop`, or until there is no point in trying again.
    pub(in super::super) async fn run(self, stop: CancellationToken) -> Result<(), DiscordError> {
        let Self {
            porch, mut line, ..
        } = self;
        let (door, mut guests) = mpsc::channel(GUESTS);
        let work = async {
            let mut newer = None;
            loop {
                let client = match newer.take() {
                    Some(client) => client,
                    None => match guests.recv().await {
                        Some(client) => client,
                        None => return Ok(()),
                    },
                };
                // A shard that was started anew does not wait for what became of the old one.
                newer = tokio::select! {
                    served = line.serve(client, &stop) => { served?; None }
                    Some(client) = guests.recv() => Some(client),
                };
                line.told.link.set(LinkState::Down);
                if stop.is_cancelled() {
                    return Ok(());
                }
            }
        };
        tokio::select! {
            done = work => done,
            () = porch.receive(door) => Ok(()),
            () = until_stopped_idle(&stop) => Ok(()),
        }
    }
}

/// Gives a connection that is served the time to end well.
async fn until_stopped_idle(stop: &CancellationToken) {
    stop.cancelled().await;
    tokio::time::sleep(Duration::from_secs(1)).await;
}

/// How a connection ended.
#[derive(Debug)]
enum Ended {
    /// Discord closed it with this code, or it broke.
    Lost(Option<u16>),
    /// Discord asks to connect anew, or has fallen silent.
    Left,
    /// Discord does not know the session any more.
    SessionOver,
    /// Serenity ended the session, or the server ends.
    LoggedOff,
    /// Serenity has gone.
    Gone,
}

/// What to do with a payload of Discord's.
enum Act {
    Forward,
    Keep,
    Beat,
    End(Ended),
}

struct Line {
    gate: Gate,
    told: Reports,
    patience: Patience,
    backoff: Backoff,
    /// The gateway's front door.
    base: Option<String>,
    /// Where the session wants to be resumed.
    resume_at: Option<String>,
    /// Attempts there since the session last went on.
    in_vain: u32,
    /// The number of the session's last event.
    seq: Option<u64>,
    lasting: Lasting,
    /// The note that it has lasted, while it is written: a disk that stands still holds no heartbeat up.
    noting: Option<JoinHandle<Result<(), DiscordError>>>,
    intro: Intro,
}

/// Whether this process has sent an IDENTIFY.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Intro {
    ToCome,
    Made,
}

impl Line {
    async fn serve(
        &mut self,
        mut client: Client,
        stop: &CancellationToken,
    ) -> Result<(), DiscordError> {
        let Some(opening) = client.greet().await else {
            return Ok(());
        };
        let mut socket = tokio::select! {
            reached = self.reach(&opening) => reached?,
            () = client.idle() => return Ok(()),
            () = stop.cancelled() => return Ok(()),
        };
        let begun = Instant::now();
        let ended = tokio::select! {
            ended = self.pump(&mut client, &mut socket) => ended?,
            () = stop.cancelled() => Ended::LoggedOff,
        };
        tracing::debug!(?ended, "a connection to the gateway has ended");
        self.told.link.set(LinkState::Down);
        self.backoff.ended_after(begun.elapsed());
        match ended {
            Ended::Lost(code) => match close::meaning(code) {
                End::Resumable => client.send_back().await,
                End::SessionOver => self.begin_anew(client).await,
                End::Fatal(error) => return Err(error),
            },
            Ended::Left => {
                socket.leave().await;
                client.send_back().await;
            }
            Ended::SessionOver => {
                socket.leave().await;
                self.begin_anew(client).await;
            }
            Ended::LoggedOff => {
                socket.log_off().await;
                self.was_good().await;
            }
            Ended::Gone => socket.leave().await,
        }
        Ok(())
    }

    async fn begin_anew(&mut self, client: Client) {
        self.forget_session();
        client.session_over().await;
    }

    fn forget_session(&mut self) {
        self.resume_at = None;
        self.lasting = Lasting::Unknown;
        self.noting = None;
    }

    /// Connects, however long it takes, and says what serenity came for.
    async fn reach(&mut self, opening: &Opening) -> Result<Socket, DiscordError> {
        loop {
            self.backoff.turn().await;
            match self.try_to_reach(opening).await {
                Ok(socket) => return Ok(socket),
                Err(NoGateway::Ever(error)) => return Err(error),
                Err(NoGateway::Now(error)) => {
                    self.backoff.failed();
                    let failures = self.backoff.failures();
                    tracing::warn!(%error, failures, "the gateway cannot be reached; trying again");
                }
            }
        }
    }

    async fn try_to_reach(&mut self, opening: &Opening) -> Result<Socket, NoGateway> {
        let (url, text) = match opening {
            Opening::Identify(text) => {
                self.forget_session();
                let noted = self.note_dismissal().await;
                noted.map_err(|error| NoGateway::now(&error))?;
                (self.gate.permit().await?, text)
            }
            Opening::Resume(text) => (self.resume_url().await?, text),
        };
        self.gate.signpost.check(&url).map_err(NoGateway::Ever)?;
        self.base.get_or_insert_with(|| url.clone());
        let mut socket = Socket::open(&url, self.patience)
            .await
            .map_err(|error| NoGateway::now(&error))?;
        if matches!(opening, Opening::Identify(_)) {
            // The last moment before one is sent. None is that could not be noted; the next attempt may be.
            let entered = self.gate.ledger.enter().await;
            entered.map_err(|error| NoGateway::now(&error))?;
            self.told.link.note_identify();
            self.intro = Intro::Made;
        }
        if socket.send(Message::Text(text.clone())).await {
            Ok(socket)
        } else {
            Err(NoGateway::now(&"it closed at once"))
        }
    }

    async fn resume_url(&mut self) -> Result<String, NoGateway> {
        if self.in_vain < AT_RESUME_URL
            && let Some(url) = &self.resume_at
            && self.gate.signpost.may_resume_at(url)
        {
            self.in_vain += 1;
            return Ok(url.clone());
        }
        match &self.base {
            Some(base) => Ok(base.clone()),
            None => Ok(self.gate.signpost.gateway().await?.0),
        }
    }

    async fn pump(
        &mut self,
        client: &mut Client,
        socket: &mut Socket,
    ) -> Result<Ended, DiscordError> {
        let mut pulse = Pulse::new(socket.interval);
        let mut answer_by = Some(Instant::now() + self.patience.answer);
        loop {
            let lasting = self.lasting;
            tokio::select! {
                message = socket.next() => {
                    let Some(message) = message else {
                        return Ok(Ended::Lost(None));
                    };
                    if let Message::Close(frame) = &message {
                        return Ok(Ended::Lost(frame.as_ref().map(|frame| frame.code.into())));
                    }
                    let act = self.heard(&message, &mut pulse);
                    if matches!(act, Act::Forward) {
                        answer_by = None;
                    }
                    match act {
                        Act::Forward => if !client.send(message).await {
                            return Ok(Ended::Gone);
                        },
                        Act::Keep => {}
                        Act::Beat => if !socket.send(beat(self.seq)).await {
                            return Ok(Ended::Lost(None));
                        },
                        Act::End(ended) => return Ok(ended),
                    }
                }
                wish = client.wish() => match wish {
                    Wish::Send(text) => if !socket.send(Message::Text(text)).await {
                        return Ok(Ended::Lost(None));
                    },
                    Wish::Beat => if !client.acknowledge().await {
                        return Ok(Ended::Gone);
                    },
                    Wish::LogOff => return Ok(Ended::LoggedOff),
                    Wish::Gone => return Ok(Ended::Gone),
                },
                () = sleep_until(pulse.next) => {
                    if !pulse.beat() {
                        tracing::warn!("the gateway does not acknowledge heartbeats; connecting anew");
                        return Ok(Ended::Left);
                    }
                    if !socket.send(beat(self.seq)).await {
                        return Ok(Ended::Lost(None));
                    }
                }
                () = due(lasting) => self.note_lasting(),
                noted = done(&mut self.noting) => self.noted(noted),
                () = passed(answer_by) => {
                    tracing::warn!("the gateway does not answer; connecting anew");
                    return Ok(Ended::Left);
                }
            }
        }
    }

    /// Another IDENTIFY is wanted though this process lives: no crash ended the session before.
    async fn note_dismissal(&mut self) -> Result<(), DiscordError> {
        if self.intro == Intro::Made {
            self.gate.ledger.dismissed().await?;
            self.intro = Intro::ToCome;
        }
        Ok(())
    }

    fn note_lasting(&mut self) {
        let ledger = self.gate.ledger.clone();
        self.noting = Some(tokio::spawn(async move { ledger.lasted().await }));
        self.lasting = Lasting::Noted;
    }

    fn noted(&mut self, noted: Result<(), DiscordError>) {
        self.noting = None;
        if let Err(error) = noted {
            tracing::warn!(%error, "it cannot be noted that the session has lasted; trying again");
            self.lasting = Lasting::At(Instant::now() + AGAIN);
        }
    }

    /// The session is ended on request: that makes a good one of it, however long it was.
    async fn was_good(&mut self) {
        if let Lasting::At(_) = self.lasting {
            self.note_lasting();
        }
        if self.noting.is_none() {
            return;
        }
        if let Ok(noted) = timeout(NOTED, done(&mut self.noting)).await {
            self.noted(noted);
        } else {
            tracing::warn!("the end of the session cannot be noted in time");
        }
    }
}

/// Waits for what is being noted; without it, for ever.
async fn done(
    noting: &mut Option<JoinHandle<Result<(), DiscordError>>>,
) -> Result<(), DiscordError> {
    match noting {
        Some(noting) => noting
            .await
            .unwrap_or_else(|fault| Err(DiscordError::Ended(fault.to_string()))),
        None => std::future::pending().await,
    }
}
