//! The real binary as a child process that says when it is ready.

use std::io::{BufRead, BufReader};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread;

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use super::PATIENCE;
use super::log::Log;

/// A run of the real binary, in English, away from the settings of whoever runs the tests.
pub(crate) fn papo(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_papo"));
    command
        .args(arguments)
        .env_clear()
        .env("LANG", "C.UTF-8")
        .current_dir(env!("CARGO_TARGET_TMPDIR"))
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

/// A process that is ready. Ends with the test.
pub(crate) struct Process {
    child: Child,
    pub(crate) ready: Value,
    log: Log<String>,
    /// Disconnected when the process's output has ended, and so the process.
    logging: Receiver<()>,
}

impl Process {
    /// Waits for the ready line.
    pub(crate) fn run(command: Command) -> Self {
        let (mut process, stdout) = Self::launch(command);
        let mut line = String::new();
        // A process that cannot start ends, and its output with it.
        BufReader::new(stdout).read_line(&mut line).unwrap();
        process.ready = serde_json::from_str(&line).unwrap_or_else(|_| {
            panic!(
                "waited for the ready line and got {line:?}; stderr: {:#?}",
                *process.log.items()
            )
        });
        process
    }

    /// A process that talks to people: ready when its stderr holds `words`.
    pub(crate) fn run_for_people(command: Command, words: &str) -> Self {
        let (process, _) = Self::launch(command);
        process.logs(words);
        process
    }

    fn launch(mut command: Command) -> (Self, ChildStdout) {
        let mut child = command.spawn().unwrap();
        let log = Log::new();
        let (stderr, lines) = (child.stderr.take().unwrap(), log.clone());
        let (running, logging) = sync_channel(0);
        thread::spawn(move || {
            // Held until the last line is in the log.
            let _running: SyncSender<()> = running;
            for line in BufReader::new(stderr).lines().map_while(Result::ok) {
                lines.push(line);
            }
        });
        let stdout = child.stdout.take().unwrap();
        let process = Self {
            child,
            ready: Value::Null,
            log,
            logging,
        };
        (process, stdout)
    }

    pub(crate) fn pid(&self) -> Pid {
        Pid::from_child(&self.child)
    }

    /// Waits for a line of the log that holds `words`.
    pub(crate) fn logs(&self, words: &str) -> String {
        self.log
            .find(&format!("the log to say {words:?}"), |line| line.contains(words))
    }

    /// Whether the log says it already.
    pub(crate) fn has_logged(&self, words: &str) -> bool {
        self.log.items().iter().any(|line| line.contains(words))
    }

    pub(crate) fn signal(&self, signal: Signal) {
        kill_process(self.pid(), signal).unwrap();
    }

    /// Waits for the process's own end: its exit code, none if a signal ended it, and everything that it logged.
    pub(crate) fn end(mut self) -> (Option<i32>, Vec<String>) {
        let ended = self.logging.recv_timeout(PATIENCE);
        assert_eq!(ended, Err(RecvTimeoutError::Disconnected), "the process does not end");
        let code = self.child.wait().unwrap().code();
        let log = self.log.items().clone();
        (code, log)
    }

    /// Asks the process to end and waits until it has.
    pub(crate) fn terminate(self) {
        self.signal(Signal::TERM);
        let (code, log) = self.end();
        assert_eq!(code, Some(0), "{log:#?}");
    }

    /// Ends it as a crash does.
    pub(crate) fn kill(self) {
        self.signal(Signal::KILL);
        let (code, log) = self.end();
        assert_eq!(code, None, "it ended by itself: {log:#?}");
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // SIGKILL, to this process alone; one that has ended already is no error.
        let _ = self.child.kill();
        let _ = self.child.wait();
        if thread::panicking() {
            eprintln!("{} said: {:#?}", self.ready, *self.log.items());
        }
    }
}
