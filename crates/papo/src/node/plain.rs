//! Plain lines: data on standard output, everything else on standard error.

use std::io;

use super::outlet::Outlet;
use crate::terminal::write_out;

/// The two streams of the process.
pub(super) struct Streams;

impl Outlet for Streams {
    fn data(&mut self, line: &str) -> io::Result<()> {
        write_out(line)
    }

    fn notice(&mut self, line: &str) {
        eprintln!("{line}");
    }
}
