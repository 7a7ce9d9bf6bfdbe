//! The process between one Codex and the sessions that it serves.
//!
//! One `codex app-server` serves many sessions, each a thread of it. The hub owns its pipes and gives each session
//! what is of its thread, on a socket that nobody but Baton's user can open. It outlives the server, as the runners
//! of its sessions do; whoever of them goes, by whatever way, has its thread stopped and all that runs in it ended.
//! [`Switch`] decides, this file moves lines.

mod call;
mod program;
mod rollout;
mod room;
mod seat;
mod switch;
#[cfg(test)]
mod tests;

use std::{
    collections::HashMap,
    ffi::OsString,
    fs, io,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    process::ExitCode,
    time::Duration,
};

use tokio::{
    io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader},
    net::{UnixListener, UnixStream, unix::OwnedWriteHalf},
    sync::mpsc,
    task::JoinSet,
    time::{Instant, sleep_until, timeout},
};

use serde_json::Value;

use super::wire::{Order, Refusal, Word, line};
use crate::runtime::runner::may_enter;
use program::Program;
use rollout::Failed;
use seat::SeatId;
use switch::{Out, Switch};

/// How long Codex may take to leave when nobody is connected any more.
const FAREWELL: Duration = Duration::from_secs(5);

/// How long sessions may take to hear why Codex is ended.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// How long it tells who comes that Codex could not be started.
const REFUSES: Duration = Duration::from_secs(5);

/// What a hub is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HubOrder {
    /// Where its sessions find it.
    pub socket: PathBuf,
    /// Where the temporary files of its threads lie.
    pub temporary: PathBuf,
    /// How long a turn may try to reach its service.
    pub reconnect: Duration,
    /// How long it stays when nobody is connected.
    pub idle: Duration,
    /// Codex, with its arguments.
    pub command: Vec<OsString>,
}

/// What happens.
#[derive(Debug)]
enum Event {
    Comes(UnixStream),
    Order(SeatId, Order),
    Goes(SeatId),
    Looked(String, bool),
    Failed(SeatId, Vec<Failed>, Option<Value>),
}

/// Is the hub until nobody needs it any more. What goes wrong is said on standard error.
pub fn run(order: &HubOrder) -> ExitCode {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    let lived = runtime.and_then(|runtime| {
        let lived = runtime.block_on(live(order));
        // Its standard input is read on a thread that may never return.
        runtime.shutdown_background();
        lived
    });
    match lived {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            complain(&error.to_string());
            ExitCode::FAILURE
        }
    }
}

fn complain(sentence: &str) {
    use std::io::Write as _;
    // Its runner reads it; without one there is nobody to tell.
    let _ = writeln!(io::stderr(), "{sentence}");
}

async fn live(order: &HubOrder) -> io::Result<()> {
    // What a hub that was killed has left.
    room::clear(&order.temporary);
    room::make(&order.temporary);
    // Who comes while Codex starts waits at the door.
    let listener = bind(&order.socket)?;
    let lived = match Program::start(&order.command).await {
        Ok(mut program) => {
            let mut hub = Hub::new(order);
            let lived = hub.serve(&mut program, listener).await;
            hub.say_last_words().await;
            // Nobody comes any more while Codex leaves.
            let _ = fs::remove_file(&order.socket);
            if lived.is_ok() {
                program.leave(FAREWELL).await;
            }
            lived
        }
        Err(error) => {
            refuse(&listener, &error).await;
            Err(error)
        }
    };
    let _ = fs::remove_file(&order.socket);
    lived
}

fn bind(socket: &Path) -> io::Result<UnixListener> {
    match fs::remove_file(socket) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        Ok(()) | Err(_) => {}
    }
    // The directory around it is private, so nobody gets in before its own rights are set.
    let listener = UnixListener::bind(socket)?;
    fs::set_permissions(socket, fs::Permissions::from_mode(0o600))?;
    Ok(listener)
}

struct Hub {
    switch: Switch,
    events: mpsc::UnboundedSender<Event>,
    heard: mpsc::UnboundedReceiver<Event>,
    seats: HashMap<SeatId, mpsc::UnboundedSender<String>>,
    /// What writes to them.
    tellers: JoinSet<()>,
    next_seat: SeatId,
    /// What the temporary files of all threads lie in.
    temporary: PathBuf,
    idle: Duration,
    /// Since when nobody is connected.
    alone: Option<Instant>,
}

impl Hub {
    fn new(order: &HubOrder) -> Self {
        let (events, heard) = mpsc::unbounded_channel();
        Self {
            switch: Switch::new(order.reconnect),
            events,
            heard,
            seats: HashMap::new(),
            tellers: JoinSet::new(),
            next_seat: 1,
            temporary: order.temporary.clone(),
            idle: order.idle,
            alone: Some(Instant::now()),
        }
    }

    /// Serves until it is told to end, or nobody has been connected for too long.
    async fn serve(&mut self, program: &mut Program, listener: UnixListener) -> io::Result<()> {
        tokio::spawn(accept(listener, self.events.clone()));
        let mut told_to_end = tokio::spawn(end_of_input());
        let mut is_ending = false;
        loop {
            for out in self.switch.take_out() {
                self.carry_out(program, out)?;
            }
            let is_alone = self.switch.is_empty();
            if is_ending && is_alone {
                return Ok(());
            }
            self.alone = is_alone.then(|| self.alone.unwrap_or_else(Instant::now));
            let until = (self.alone.map(|since| since + self.idle))
                .into_iter()
                .chain(self.switch.deadline())
                .min();
            tokio::select! {
                message = program.next() => self.switch.heard(message?, Instant::now()),
                Some(event) = self.heard.recv() => self.take(event),
                _ = &mut told_to_end, if !is_ending => {
                    is_ending = true;
                    self.switch.all_go(Instant::now());
                }
                () = sleep_until(until.unwrap_or_else(Instant::now)), if until.is_some() => {
                    if self.alone.is_some_and(|since| since + self.idle <= Instant::now()) {
                        return Ok(());
                    }
                    self.switch.look_at_time(Instant::now());
                }
            }
        }
    }

    /// What sessions were told reaches them before their connections end with this process.
    async fn say_last_words(mut self) {
        self.seats.clear();
        let _ = timeout(LAST_WORDS, self.tellers.join_all()).await;
    }

    fn take(&mut self, event: Event) {
        match event {
            Event::Comes(stream) => {
                let seat = self.next_seat;
                self.next_seat += 1;
                let (orders, outgoing) = stream.into_split();
                let (lines, queue) = mpsc::unbounded_channel();
                self.seats.insert(seat, lines);
                self.switch.comes(seat);
                while self.tellers.try_join_next().is_some() {}
                self.tellers.spawn(tell(outgoing, queue));
                tokio::spawn(hear(seat, BufReader::new(orders), self.events.clone()));
            }
            Event::Order(seat, Order::Open(open))
                if !room::is_one_of(&open.temporary, &self.temporary) =>
            {
                complain("a thread wants its temporary files elsewhere");
                self.switch.goes(seat, Instant::now());
            }
            Event::Order(seat, order) => self.switch.order(seat, order),
            Event::Goes(seat) => self.switch.goes(seat, Instant::now()),
            Event::Failed(seat, failed, end) => self.switch.failed(seat, failed, end),
            Event::Looked(ask, unconfined) => self.switch.looked(&ask, unconfined),
        }
    }

    fn carry_out(&mut self, program: &Program, out: Out) -> io::Result<()> {
        match out {
            Out::Program(message) => program.tell(&message),
            Out::Seat(seat, line) => {
                if let Some(lines) = self.seats.get(&seat) {
                    // Whoever is gone is noticed where it is listened to.
                    let _ = lines.send(line);
                }
            }
            Out::Close(seat) => {
                self.seats.remove(&seat);
            }
            Out::Look { ask, record, call } => {
                let events = self.events.clone();
                tokio::spawn(async move {
                    let unconfined = match record {
                        Some(record) => rollout::leaves_sandbox(&record, &call).await,
                        None => true,
                    };
                    let _ = events.send(Event::Looked(ask, unconfined));
                });
            }
            Out::Failed {
                seat,
                record,
                calls,
                end,
            } => {
                let events = self.events.clone();
                tokio::spawn(async move {
                    let failed = rollout::failed(&record, calls).await;
                    let _ = events.send(Event::Failed(seat, failed, end));
                });
            }
            Out::MakeRoom(directory) => room::furnish(&directory),
            Out::ClearRoom(directory) => room::clear(&directory),
            // Its end takes its whole tree with it.
            Out::Kill(why) => return Err(io::Error::other(format!("Codex is ended: {why}"))),
        }
        Ok(())
    }
}

/// Tells whoever waits, or comes soon, why Codex cannot be had.
async fn refuse(listener: &UnixListener, error: &io::Error) {
    let refused = Word::Refused {
        why: Refusal::Other,
        detail: error.to_string(),
    };
    let said = format!("{}\n", line(&refused));
    let turning_away = async {
        while let Ok((mut stream, _)) = listener.accept().await {
            // Whoever is gone needs no reason.
            let _ = stream.write_all(said.as_bytes()).await;
            let _ = stream.shutdown().await;
        }
    };
    let _ = timeout(REFUSES, turning_away).await;
}

async fn accept(listener: UnixListener, events: mpsc::UnboundedSender<Event>) {
    loop {
        match listener.accept().await {
            Ok((stream, _)) if !may_enter(&stream) => {}
            Ok((stream, _)) => {
                if events.send(Event::Comes(stream)).is_err() {
                    return;
                }
            }
            // Too many files are open, for instance: that passes.
            Err(_) => tokio::time::sleep(Duration::from_millis(100)).await,
        }
    }
}

/// Answers when there is nothing more to read: its runner wants it to end.
async fn end_of_input() {
    let mut input = tokio::io::stdin();
    let mut ignored = [0; 1024];
    while input.read(&mut ignored).await.is_ok_and(|read| read > 0) {}
}

async fn tell(mut outgoing: OwnedWriteHalf, mut queue: mpsc::UnboundedReceiver<String>) {
    while let Some(mut line) = queue.recv().await {
        line.push('\n');
        if outgoing.write_all(line.as_bytes()).await.is_err() {
            return;
        }
    }
}

async fn hear(
    seat: SeatId,
    mut orders: BufReader<tokio::net::unix::OwnedReadHalf>,
    events: mpsc::UnboundedSender<Event>,
) {
    let mut line = String::new();
    loop {
        line.clear();
        // Whoever writes something else than lines of text is no session.
        if !orders.read_line(&mut line).await.is_ok_and(|read| read > 0) {
            break;
        }
        match serde_json::from_str(&line) {
            Ok(order) => {
                let _ = events.send(Event::Order(seat, order));
            }
            Err(error) => {
                // From a newer server, perhaps: its session has to know that nothing comes of it.
                complain(&format!("an order cannot be read: {error}"));
                break;
            }
        }
    }
    let _ = events.send(Event::Goes(seat));
}
