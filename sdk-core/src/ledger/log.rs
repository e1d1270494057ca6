//! A file that grows by whole lines.

use std::io::{self, SeekFrom};

use super::storage::{Storage, Sync};

/// Where a line stands, without its line break.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) offset: u64,
    pub(super) length: usize,
}

/// Appends lines, and reads them again.
pub(super) struct Log {
    storage: Box<dyn Storage>,
    /// End of the last whole line.
    end: u64,
    /// Whether a write that failed may have left a part of its line.
    is_torn: bool,
}

impl Log {
    /// `end` is the length to which the storage is cut: the end of its last whole line.
    pub(super) fn new(storage: Box<dyn Storage>, end: u64) -> io::Result<Self> {
        let mut log = Self { storage, end, is_torn: true };
        log.mend()?;
        Ok(log)
    }

    /// Writes a line, which ends with its line break, at once. If it fails, nothing of it stays.
    pub(super) fn append(&mut self, line: &[u8]) -> io::Result<Place> {
        self.mend()?;
        self.storage.seek(SeekFrom::Start(self.end))?;
        self.is_torn = true;
        if let Err(error) = self.storage.write_all(line) {
            // If this fails too, the next append tries it again.
            let _ = self.mend();
            return Err(error);
        }
        self.is_torn = false;
        let place = Place { offset: self.end, length: line.len().saturating_sub(1) };
        self.end += line.len() as u64;
        Ok(place)
    }

    /// Reads a line again.
    pub(super) fn read(&mut self, place: Place) -> io::Result<Vec<u8>> {
        self.storage.seek(SeekFrom::Start(place.offset))?;
        let mut line = vec![0; place.length];
        self.storage.read_exact(&mut line)?;
        Ok(line)
    }

    pub(super) fn sync(&self) -> io::Result<Sync> {
        self.storage.sync()
    }

    pub(super) fn unlock(&self) {
        self.storage.unlock();
    }

    fn mend(&mut self) -> io::Result<()> {
        if self.is_torn {
            self.storage.cut(self.end)?;
            self.is_torn = false;
        }
        Ok(())
    }
}
