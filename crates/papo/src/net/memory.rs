//! Two pieces of memory in the place of a connection, for a WebSocket library that reads and writes for itself.

use std::io::{self, Read, Write};

use bytes::{Buf, BytesMut};

/// What came and was not read yet, and what is to be written.
#[derive(Debug, Default)]
pub(crate) struct Memory<B> {
    pub(crate) input: B,
    pub(crate) output: BytesMut,
}

impl<B: Buf> Read for Memory<B> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if !self.input.has_remaining() {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        let length = buffer.len().min(self.input.remaining());
        self.input.copy_to_slice(&mut buffer[..length]);
        Ok(length)
    }
}

impl<B> Write for Memory<B> {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        self.output.extend_from_slice(buffer);
        Ok(buffer.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
