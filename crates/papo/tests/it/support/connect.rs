//! `papo connect` as a child process whose output is waited for, never slept for.

use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, ChildStderr, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::thread;

use super::PATIENCE;

/// A started `papo connect`.
pub(crate) struct Client {
    child: Child,
    stdin: Option<ChildStdin>,
    stdout: Receiver<String>,
    stderr: Receiver<String>,
}

impl Client {
    pub(crate) fn start(mut command: Command) -> Self {
        command.stdin(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let stdout: ChildStdout = child.stdout.take().unwrap();
        let stderr: ChildStderr = child.stderr.take().unwrap();
        Self {
            stdin: child.stdin.take(),
            stdout: lines(stdout),
            stderr: lines(stderr),
            child,
        }
    }

    pub(crate) fn type_line(&mut self, line: &str) {
        let stdin = self.stdin.as_mut().unwrap();
        stdin.write_all(format!("{line}\n").as_bytes()).unwrap();
        stdin.flush().unwrap();
    }

    pub(crate) fn end_input(&mut self) {
        self.stdin = None;
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// The next line of standard output.
    pub(crate) fn shown(&self) -> String {
        self.stdout.recv_timeout(PATIENCE).unwrap()
    }

    /// The same, for those who can say more about a wait in vain.
    pub(crate) fn try_shown(&self) -> Result<String, RecvTimeoutError> {
        self.stdout.recv_timeout(PATIENCE)
    }

    /// What standard error said and nobody waited for.
    pub(crate) fn told_so_far(&self) -> Vec<String> {
        self.stderr.try_iter().collect()
    }

    /// Waits for a line of standard error that holds all words.
    pub(crate) fn told(&self, words: &[&str]) -> String {
        loop {
            let line = self.stderr.recv_timeout(PATIENCE).unwrap();
            if words.iter().all(|word| line.contains(word)) {
                return line;
            }
        }
    }

    /// Waits for the end: the rest of standard output, of standard error, and the exit code.
    pub(crate) fn end(mut self) -> (Vec<String>, Vec<String>, Option<i32>) {
        let rest = |lines: &Receiver<String>| {
            let mut rest = Vec::new();
            loop {
                match lines.recv_timeout(PATIENCE) {
                    Ok(line) => rest.push(line),
                    Err(RecvTimeoutError::Disconnected) => return rest,
                    Err(error) => panic!("the client neither spoke nor ended: {error}"),
                }
            }
        };
        let (stdout, stderr) = (rest(&self.stdout), rest(&self.stderr));
        (stdout, stderr, self.child.wait().unwrap().code())
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        // Only a test that failed leaves it running.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn lines(source: impl Read + Send + 'static) -> Receiver<String> {
    let (sender, receiver) = sync_channel(1024);
    thread::spawn(move || {
        for line in BufReader::new(source).lines() {
            let Ok(line) = line else { break };
            if sender.send(line).is_err() {
                break;
            }
        }
    });
    receiver
}
