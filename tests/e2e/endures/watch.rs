//! What a process takes of the machine: the size of it and the part of a core, as Linux counts them.

use std::{
    collections::HashMap,
    fmt, fs,
    path::Path,
    time::{Duration, Instant},
};

use tokio::{sync::oneshot, task::JoinHandle};

use crate::stage::memory;

/// The shortest time in which the use of a core is looked at. In it, the answer to a question is little
/// and a loop that never waits is everything.
pub(super) const WINDOW: Duration = Duration::from_secs(6);

/// How often the process is looked at.
const LOOK: Duration = Duration::from_millis(100);

/// A tick of `/proc/PID/stat`: `USER_HZ` is 100 wherever Baton runs (proc(5), time(7)).
const TICK: Duration = Duration::from_millis(10);

/// How long a process that has nothing to do is seen to rest, and the part of a core that it may want in
/// that time, in percent. One that spins wants all of it, however little it gets on a busy machine.
const REST: Duration = Duration::from_secs(1);
const RESTLESS: f64 = 50.0;

/// How long a process may take to come to rest, on a machine on which everything takes long.
const COMES_TO_REST: Duration = Duration::from_mins(1);

/// One look.
#[derive(Clone, Copy, Debug)]
struct Sample {
    at: Instant,
    /// Time on a core since the start.
    used: Duration,
    resident_kib: u64,
    /// The most that it ever was.
    peak_kib: u64,
}

/// What came of it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Figures {
    grown_kib: u64,
    /// The largest part of a core in any [`WINDOW`], in percent.
    busiest: f64,
}

/// Looks at a process until told to stop.
pub(super) struct Watch {
    pid: u32,
    stop: oneshot::Sender<()>,
    looking: JoinHandle<Vec<Sample>>,
}

impl Watch {
    pub(super) fn begin(pid: u32) -> Self {
        let (stop, mut stopped) = oneshot::channel();
        let mut samples = vec![Sample::of(pid)];
        let looking = tokio::spawn(async move {
            let mut look = tokio::time::interval(LOOK);
            loop {
                tokio::select! {
                    told = &mut stopped => match told {
                        Ok(()) => break,
                        // Nobody waits for what was seen.
                        Err(_) => return samples,
                    },
                    _ = look.tick() => samples.push(Sample::of(pid)),
                }
            }
            samples.push(Sample::of(pid));
            samples
        });
        Self { pid, stop, looking }
    }

    /// Waits until the process rests; fails if it does not.
    pub(super) async fn until_at_rest(&self) -> Result<(), String> {
        let began = Instant::now();
        loop {
            let (at, before) = (Instant::now(), wanted(self.pid));
            tokio::time::sleep(REST).await;
            let after = wanted(self.pid);
            let threads = after.iter().map(|(thread, now)| {
                let before = before.get(thread).copied().unwrap_or_default();
                now.saturating_sub(before)
            });
            let of_a_core = 100.0 * threads.sum::<Duration>().div_duration_f64(at.elapsed());
            if of_a_core < RESTLESS {
                return Ok(());
            }
            if began.elapsed() > COMES_TO_REST {
                return Err(format!(
                    "it does not rest: it wants {of_a_core:.0} % of a core"
                ));
            }
        }
    }

    pub(super) async fn end(self) -> Figures {
        let _ = self.stop.send(());
        Figures::of(&self.looking.await.unwrap())
    }
}

impl Sample {
    fn of(pid: u32) -> Self {
        let held = memory(pid);
        Self {
            at: Instant::now(),
            used: used(&fs::read_to_string(format!("/proc/{pid}/stat")).unwrap()),
            resident_kib: held.resident >> 10,
            peak_kib: held.peak >> 10,
        }
    }
}

/// For how long each thread ran or could have run: the first two numbers of `schedstat`, in nanoseconds
/// (Linux: Documentation/scheduler/sched-stats). A kernel that does not count that says nothing.
fn wanted(pid: u32) -> HashMap<String, Duration> {
    let threads = fs::read_dir(format!("/proc/{pid}/task")).expect("Baton runs");
    let of = |thread: &Path| {
        let told = fs::read_to_string(thread.join("schedstat")).unwrap_or_default();
        let numbers = told.split_whitespace().take(2);
        Duration::from_nanos(numbers.filter_map(|one| one.parse::<u64>().ok()).sum())
    };
    threads
        .flatten()
        .map(|thread| {
            let name = thread.file_name().to_string_lossy().into_owned();
            (name, of(&thread.path()))
        })
        .collect()
}

/// `utime` and `stime`, the 14th and 15th field. The second is a name, which may have spaces in it.
fn used(stat: &str) -> Duration {
    let (_, rest) = stat.rsplit_once(") ").unwrap();
    let ticks = rest.split(' ').skip(11).take(2);
    let ticks: u32 = ticks.map(|field| field.parse::<u32>().unwrap()).sum();
    TICK * ticks
}

impl Figures {
    fn of(samples: &[Sample]) -> Self {
        let (first, last) = (samples[0], samples[samples.len() - 1]);
        let seen = samples.iter().map(|sample| sample.resident_kib).max();
        // A peak that is older than the first look is none of the fault's.
        let peak = (last.peak_kib > first.peak_kib).then_some(last.peak_kib);
        let busiest = samples.iter().filter_map(|from| {
            let after = |to: &&Sample| to.at.duration_since(from.at) >= WINDOW;
            let to = samples.iter().find(after)?;
            let used = to.used.saturating_sub(from.used);
            Some(100.0 * used.div_duration_f64(to.at.duration_since(from.at)))
        });
        Self {
            grown_kib: peak.max(seen).unwrap_or_default() - first.resident_kib,
            busiest: busiest.fold(0.0, f64::max),
        }
    }

    /// Fails when one of them is as large as its bound.
    pub(super) fn within(self, grown_kib: u64, busiest: f64) -> Result<(), String> {
        if self.grown_kib < grown_kib && self.busiest < busiest {
            Ok(())
        } else {
            Err(format!("grown by, and of a core at most: {self}"))
        }
    }
}

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} KiB | {:.1} %", self.grown_kib, self.busiest)
    }
}
