//! What a ledger is stored in: a file, or in tests a disk that fails.

use std::{
    fs::File,
    io::{self, Read, Seek, Write},
};

/// Waits until everything written before is on the disk.
pub(super) type Sync = Box<dyn Fn() -> io::Result<()> + Send>;

/// A file with one position for reads and writes: on Windows, another handle could not read what this one has locked.
pub(super) trait Storage: Read + Write + Seek + Send {
    /// Cuts off what follows this length.
    fn cut(&mut self, length: u64) -> io::Result<()>;

    /// What syncs, apart from the storage, so that reads need not wait for it.
    fn sync(&self) -> io::Result<Sync>;

    /// Releases the lock. Closing the file alone would not while a forked child has a copy of it.
    fn unlock(&self) {}
}

impl Storage for File {
    fn cut(&mut self, length: u64) -> io::Result<()> {
        self.set_len(length)
    }

    fn sync(&self) -> io::Result<Sync> {
        let file = self.try_clone()?;
        Ok(Box::new(move || file.sync_data()))
    }

    fn unlock(&self) {
        // It fails only where there is no lock.
        let _ = Self::unlock(self);
    }
}
