//! Shows lines on a thread of its own: a terminal that is held with Ctrl-S, or a pipe that nobody reads, must not hold
//! the node.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;
use std::time::Duration;

use papo_core::limits::{SHOWN_BYTES, SHOWN_FLUSH, SHOWN_LINES};
use tokio::sync::mpsc;

use super::view::Shown;
use crate::terminal::Typed;

/// Where lines go.
pub(super) trait Outlet: Send + 'static {
    /// What was said, and answers to commands.
    ///
    /// # Errors
    ///
    /// When nobody takes it any more.
    fn data(&mut self, line: &str) -> io::Result<()>;

    /// What happens besides.
    fn notice(&mut self, line: &str);
}

/// The way to the thread that shows lines. Copies lead to the same one.
#[derive(Debug, Clone)]
pub(super) struct Lines {
    sender: SyncSender<Item>,
    waiting: Arc<Waiting>,
}

/// What the thread has not shown yet.
#[derive(Debug, Default)]
struct Waiting {
    bytes: AtomicUsize,
    lost: AtomicU64,
}

enum Item {
    Line(Shown),
    /// Everything before it has been shown.
    Mark(SyncSender<()>),
}

impl Lines {
    /// Begins to show lines. `missing` says how many were not; when nobody takes data any more, `unheard` is told.
    ///
    /// # Errors
    ///
    /// When there is no thread to be had.
    pub(super) fn start(
        outlet: impl Outlet,
        missing: impl Fn(u64) -> String + Send + 'static,
        unheard: mpsc::Sender<Typed>,
    ) -> io::Result<Self> {
        let (sender, items) = sync_channel(SHOWN_LINES);
        let waiting = Arc::new(Waiting::default());
        let counted = Arc::clone(&waiting);
        thread::Builder::new()
            .name("output".to_owned())
            .spawn(move || show(outlet, &items, &counted, missing, &unheard))?;
        Ok(Self { sender, waiting })
    }

    /// Shows a line as soon as those before it are shown. Where too much waits, it is left out and counted.
    pub(super) fn show(&self, line: Shown) {
        let length = line.text().len();
        let before = self.waiting.bytes.fetch_add(length, Ordering::Relaxed);
        let fits = before.saturating_add(length) <= SHOWN_BYTES;
        if !fits || self.sender.try_send(Item::Line(line)).is_err() {
            self.waiting.bytes.fetch_sub(length, Ordering::Relaxed);
            self.waiting.lost.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Waits until all lines are shown, but not for ever.
    pub(super) fn flush(&self) {
        self.flush_within(SHOWN_FLUSH);
    }

    fn flush_within(&self, most: Duration) -> bool {
        let (done, wait) = sync_channel(1);
        self.sender.try_send(Item::Mark(done)).is_ok() && wait.recv_timeout(most).is_ok()
    }
}

impl Shown {
    fn text(&self) -> &str {
        match self {
            Self::Data(text) | Self::Notice(text) => text,
        }
    }
}

fn show(
    mut outlet: impl Outlet,
    items: &Receiver<Item>,
    waiting: &Waiting,
    missing: impl Fn(u64) -> String,
    unheard: &mpsc::Sender<Typed>,
) {
    let mut heard = true;
    for item in items {
        let lost = waiting.lost.swap(0, Ordering::Relaxed);
        if lost > 0 {
            outlet.notice(&missing(lost));
        }
        match item {
            Item::Line(line) => {
                match &line {
                    Shown::Data(text) if heard && outlet.data(text).is_err() => {
                        heard = false;
                        // If it is full, whoever takes from it is busy leaving or will write again.
                        drop(unheard.blocking_send(Typed::Unheard));
                    }
                    Shown::Data(_) => {}
                    Shown::Notice(text) => outlet.notice(text),
                }
                waiting.bytes.fetch_sub(line.text().len(), Ordering::Relaxed);
            }
            Item::Mark(done) => drop(done.try_send(())),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::RecvTimeoutError;

    use super::*;

    /// Shows a line only when it is let.
    struct Held {
        let_through: Receiver<()>,
        shown: SyncSender<String>,
        broken: bool,
    }

    impl Outlet for Held {
        fn data(&mut self, line: &str) -> io::Result<()> {
            if self.broken {
                return Err(io::ErrorKind::BrokenPipe.into());
            }
            self.let_through.recv().map_err(io::Error::other)?;
            self.shown.send(line.to_owned()).map_err(io::Error::other)
        }

        fn notice(&mut self, line: &str) {
            let _ = self.shown.send(format!("({line})"));
        }
    }

    fn held(broken: bool) -> (Lines, SyncSender<()>, Receiver<String>, mpsc::Receiver<Typed>) {
        let (let_one, let_through) = sync_channel(SHOWN_LINES * 2);
        let (shown, seen) = sync_channel(SHOWN_LINES * 2);
        let (typed, told) = mpsc::channel(1);
        let outlet = Held {
            let_through,
            shown,
            broken,
        };
        let lines = Lines::start(outlet, |lost| format!("{lost} lost"), typed).unwrap();
        (lines, let_one, seen, told)
    }

    const GENEROUS: Duration = Duration::from_secs(60);

    #[test]
    fn whoever_reads_nothing_loses_lines_and_holds_nobody() {
        let (lines, let_one, seen, _told) = held(false);
        let long = "x".repeat(SHOWN_BYTES / 4);
        for _ in 0..7 {
            lines.show(Shown::Data(long.clone()));
        }
        // Four fit; three were too much, whatever was taken out of the queue meanwhile.
        assert!(!lines.flush_within(Duration::from_millis(1)));
        for _ in 0..4 {
            let_one.send(()).unwrap();
        }
        assert!(lines.flush_within(GENEROUS));
        lines.show(Shown::Notice("after".to_owned()));
        assert!(lines.flush_within(GENEROUS));
        let seen: Vec<String> = seen.try_iter().map(|line| line.chars().take(8).collect()).collect();
        assert_eq!(seen.iter().filter(|line| *line == "xxxxxxxx").count(), 4, "{seen:?}");
        // Told in one or several pieces, as the lines were taken.
        let lost = seen
            .iter()
            .filter_map(|line| line.strip_prefix('(')?.strip_suffix(" lost)")?.parse::<u64>().ok());
        assert_eq!(lost.sum::<u64>(), 3, "{seen:?}");
        assert_eq!(seen.last().map(String::as_str), Some("(after)"));
    }

    #[test]
    fn somebody_is_told_once_when_nobody_reads_any_more() {
        let (lines, _let_one, seen, mut told) = held(true);
        lines.show(Shown::Data("one".to_owned()));
        lines.show(Shown::Data("two".to_owned()));
        lines.show(Shown::Notice("three".to_owned()));
        assert!(lines.flush_within(GENEROUS));
        assert_eq!(told.try_recv(), Ok(Typed::Unheard));
        assert!(told.try_recv().is_err());
        assert_eq!(seen.recv_timeout(GENEROUS), Ok("(three)".to_owned()));
        drop(lines);
        assert_eq!(seen.recv_timeout(GENEROUS), Err(RecvTimeoutError::Disconnected));
    }
}
