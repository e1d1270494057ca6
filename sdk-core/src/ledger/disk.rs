//! A disk for tests: it fills up, fails and counts.

use std::{
    io::{self, Cursor, Read, Seek, SeekFrom, Write},
    sync::{Arc, Mutex, MutexGuard},
};

use super::{
    Ledger,
    index::Index,
    options::LedgerOptions,
    storage::{Storage, Sync},
};
use crate::error::Error;

/// Copies are one disk.
#[derive(Debug, Clone, Default)]
pub(crate) struct Disk(Arc<Mutex<Content>>);

#[derive(Debug, Default)]
pub(crate) struct Content {
    file: Cursor<Vec<u8>>,
    /// Most bytes that the disk holds.
    pub(crate) room: Option<usize>,
    pub(crate) fails_to_sync: bool,
    pub(crate) fails_to_cut: bool,
    pub(crate) syncs: usize,
    pub(crate) writes: Vec<usize>,
}

impl Disk {
    pub(crate) fn of(bytes: impl Into<Vec<u8>>) -> Self {
        let disk = Self::default();
        disk.content().file = Cursor::new(bytes.into());
        disk
    }

    pub(crate) fn content(&self) -> MutexGuard<'_, Content> {
        self.0.lock().unwrap()
    }

    pub(crate) fn bytes(&self) -> Vec<u8> {
        self.content().file.get_ref().clone()
    }

    /// The lines, without those of an opening.
    pub(crate) fn lines(&self) -> Vec<String> {
        let text = String::from_utf8(self.bytes()).unwrap();
        assert!(text.is_empty() || text.ends_with('\n'), "{text}");
        text.lines().skip(1).filter(|line| !line.contains("opened")).map(str::to_owned).collect()
    }

    /// Opens a ledger of `echo` on it.
    pub(crate) fn open(&self, options: LedgerOptions, surface: &str) -> Result<Ledger, Error> {
        let index = Index::read(&*self.bytes()).unwrap();
        Ledger::of(Box::new(self.clone()), index, options, "echo", surface)
    }
}

impl Read for Disk {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.content().file.read(buffer)
    }
}

impl Write for Disk {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut content = self.content();
        let used = usize::try_from(content.file.position()).unwrap();
        let room = content.room.map_or(bytes.len(), |room| room.saturating_sub(used).min(bytes.len()));
        content.writes.push(room);
        if room == 0 {
            return Err(io::Error::from(io::ErrorKind::StorageFull));
        }
        content.file.write(&bytes[..room])
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Seek for Disk {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.content().file.seek(to)
    }
}

impl Storage for Disk {
    fn cut(&mut self, length: u64) -> io::Result<()> {
        let mut content = self.content();
        if content.fails_to_cut {
            return Err(io::Error::other("the disk is gone"));
        }
        content.file.get_mut().truncate(usize::try_from(length).unwrap());
        Ok(())
    }

    fn sync(&self) -> io::Result<Sync> {
        let disk = self.clone();
        Ok(Box::new(move || {
            let mut content = disk.content();
            content.syncs += 1;
            if content.fails_to_sync { Err(io::Error::from_raw_os_error(5)) } else { Ok(()) }
        }))
    }
}
