//! How far a long run is, on standard error.

use std::io::{self, IsTerminal, Write};
use std::time::{Duration, Instant};

use crate::text::{Lang, Message, Texts};

/// Between two drawings of the bar.
const REDRAW: Duration = Duration::from_millis(100);
/// Characters of the bar.
const WIDTH: u64 = 30;

/// A bar on a terminal; elsewhere a line for each tenth.
#[derive(Debug)]
pub(super) struct Progress {
    texts: Texts,
    total: u64,
    done: u64,
    began: Instant,
    drawn: Option<Instant>,
    terminal: bool,
    shrinking: bool,
    quiet: bool,
}

impl Progress {
    pub(super) fn new(total: u64, texts: &Texts) -> Self {
        Self {
            texts: Texts::new(texts.lang()),
            total,
            done: 0,
            began: Instant::now(),
            drawn: None,
            terminal: io::stderr().is_terminal(),
            shrinking: false,
            quiet: false,
        }
    }

    /// Counts tries instead of seeds, and only on a terminal.
    pub(super) fn shrinking(mut self, quiet: bool) -> Self {
        self.shrinking = true;
        self.quiet = quiet || !self.terminal;
        self
    }

    /// One more is done.
    pub(super) fn done(&mut self) {
        let before = self.tenths();
        self.done += 1;
        if self.terminal {
            self.draw();
        } else if self.tenths() != before && self.total >= 10 {
            eprintln!("{}", self.line());
        }
    }

    /// So many are done.
    pub(super) fn at(&mut self, done: usize) {
        self.done = u64::try_from(done).unwrap_or(u64::MAX);
        if self.terminal && !self.quiet {
            self.draw();
        }
    }

    /// Takes the bar away, so that something else can be written.
    pub(super) fn clear(&mut self) {
        if self.drawn.take().is_some() {
            drop(io::stderr().write_all(b"\r\x1b[K"));
        }
    }

    fn draw(&mut self) {
        if self.drawn.is_some_and(|drawn| drawn.elapsed() < REDRAW) {
            return;
        }
        self.drawn = Some(Instant::now());
        let filled = self.part(WIDTH);
        let bar: String = (0..WIDTH).map(|at| if at < filled { '█' } else { '░' }).collect();
        drop(write!(io::stderr(), "\r\x1b[K{bar} {}", self.line()));
    }

    fn line(&self) -> String {
        let key = if self.shrinking {
            "sim-shrink-progress"
        } else {
            "sim-progress"
        };
        let rate = format!(
            "{:.1}",
            super::figures::float(self.done) / self.began.elapsed().as_secs_f64().max(0.001)
        );
        let rate = match self.texts.lang() {
            Lang::En => rate,
            Lang::PtBr => rate.replace('.', ","),
        };
        let message = Message::new(key)
            .showing("done", self.done)
            .showing("total", self.total)
            .with("rate", rate);
        self.texts.say(&message)
    }

    fn tenths(&self) -> u64 {
        self.part(10)
    }

    /// How far it is, in `whole`ths.
    fn part(&self, whole: u64) -> u64 {
        let part = u128::from(self.done) * u128::from(whole) / u128::from(self.total.max(1));
        u64::try_from(part).unwrap_or(whole).min(whole)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_those_of_the_whole() {
        let mut progress = Progress::new(3000, &Texts::new(Lang::En));
        assert_eq!(progress.tenths(), 0);
        progress.done = 299;
        assert_eq!(progress.tenths(), 0);
        progress.done = 300;
        assert_eq!(progress.tenths(), 1);
        progress.done = 3000;
        assert_eq!((progress.tenths(), progress.part(WIDTH)), (10, WIDTH));
        assert!(progress.line().starts_with("3000 of 3000 seeds"), "{}", progress.line());
    }
}
