//! The signals that end a command.

use std::io;

use tokio::sync::watch;

use crate::error::Exit;

/// Who asked a command to end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signal {
    /// SIGTERM: whoever runs services here is done with this one.
    Terminate,
    /// SIGINT: somebody pressed Ctrl-C.
    Interrupt,
}

impl Signal {
    /// How a command that ended cleanly after this signal reports it.
    pub const fn exit(self) -> Exit {
        match self {
            Self::Terminate => Exit::Done,
            Self::Interrupt => Exit::Interrupted,
        }
    }
}

/// Tells every holder of a copy, now or later, that the command is to end.
#[derive(Debug, Clone)]
pub struct Shutdown {
    told: watch::Receiver<Option<Signal>>,
}

/// What ends the command in place of a signal, for tests.
#[derive(Debug)]
pub struct Trigger {
    teller: watch::Sender<Option<Signal>>,
}

impl Shutdown {
    /// Listens for SIGTERM and SIGINT from here on; they do not end the process by themselves any more.
    ///
    /// # Errors
    ///
    /// When the operating system does not let this process listen.
    pub fn listen() -> io::Result<Self> {
        let mut signals = Signals::new()?;
        let (trigger, shutdown) = Self::by_hand();
        tokio::spawn(async move {
            let signal = signals.next().await;
            trigger.pull(signal);
            // The teller lives on: a closed channel would read as "nobody can ask any more".
            trigger.teller.closed().await;
        });
        Ok(shutdown)
    }

    /// A shutdown that comes when the trigger is pulled.
    pub fn by_hand() -> (Trigger, Self) {
        let (teller, told) = watch::channel(None);
        (Trigger { teller }, Self { told })
    }

    /// Waits until the command is to end, and tells by which signal. Returns at once when it was asked before.
    pub async fn wait(&mut self) -> Signal {
        let signal = match self.told.wait_for(Option::is_some).await {
            Ok(signal) => *signal,
            Err(_) => None,
        };
        match signal {
            Some(signal) => signal,
            // Nobody is left who could ask.
            None => std::future::pending().await,
        }
    }

    /// The signal that asked, if one did.
    pub fn asked(&self) -> Option<Signal> {
        *self.told.borrow()
    }
}

impl Trigger {
    /// Asks the command to end.
    pub fn pull(&self, signal: Signal) {
        self.teller.send_replace(Some(signal));
    }
}

#[cfg(unix)]
struct Signals {
    terminate: tokio::signal::unix::Signal,
    interrupt: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Signals {
    fn new() -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
        })
    }

    async fn next(&mut self) -> Signal {
        tokio::select! {
            _ = self.terminate.recv() => Signal::Terminate,
            _ = self.interrupt.recv() => Signal::Interrupt,
        }
    }
}

#[cfg(not(unix))]
struct Signals;

#[cfg(not(unix))]
impl Signals {
    fn new() -> io::Result<Self> {
        Ok(Self)
    }

    async fn next(&mut self) -> Signal {
        match tokio::signal::ctrl_c().await {
            Ok(()) => Signal::Interrupt,
            Err(_) => std::future::pending().await,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn everyone_hears_the_first_signal_early_or_late() {
        let (trigger, mut early) = Shutdown::by_hand();
        let waiting = tokio::spawn(async move { early.wait().await });
        let mut late = {
            let (_, other) = Shutdown::by_hand();
            assert_eq!(other.asked(), None);
            Shutdown {
                told: trigger.teller.subscribe(),
            }
        };
        trigger.pull(Signal::Terminate);
        assert_eq!(waiting.await.unwrap(), Signal::Terminate);
        assert_eq!(late.wait().await, Signal::Terminate);
        assert_eq!(late.asked().map(Signal::exit), Some(Exit::Done));
        assert_eq!(Signal::Interrupt.exit(), Exit::Interrupted);
    }
}
