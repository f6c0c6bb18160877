//! Where a benchmark keeps its files.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Result;

/// A directory that ends with this value.
#[derive(Debug)]
pub(crate) struct Directory(PathBuf);

impl Directory {
    /// One of that benchmark alone.
    pub(crate) fn make(benchmark: &str) -> Result<Self> {
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{benchmark}-{}", std::process::id()));
        fs::create_dir_all(&path)?;
        Ok(Self(path))
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        // What cannot be removed lies below the target directory.
        let _ = fs::remove_dir_all(&self.0);
    }
}
