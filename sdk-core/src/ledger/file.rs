//! A ledger's file, opened and locked.

use std::{
    fs::{File, OpenOptions, TryLockError},
    io::{self, BufReader, Seek as _},
    path::Path,
};

use super::{
    index::{Index, Unreadable},
    problem::{in_use, refused, unreadable},
};
use crate::{error::Error, redact};

/// Bytes that are read at once.
const BUFFER: usize = 256 * 1024;

/// Opens a ledger to continue it, and locks it. An absent file is created.
pub(super) fn open(path: &Path) -> Result<File, Error> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    opened(path, &options, File::try_lock)
}

/// Opens a ledger to look at it. Nobody continues it meanwhile.
pub(super) fn look(path: &Path) -> Result<File, Error> {
    opened(path, OpenOptions::new().read(true), File::try_lock_shared)
}

/// A path in texts.
pub(super) fn shown(path: &Path) -> String {
    redact::visible(&redact::hide_credentials(&path.to_string_lossy())).into_owned()
}

fn opened(path: &Path, options: &OpenOptions, lock: fn(&File) -> Result<(), TryLockError>) -> Result<File, Error> {
    let name = shown(path);
    // Opening a pipe would wait for its other end.
    if path.metadata().is_ok_and(|found| !found.is_file()) {
        return Err(refused(&name, "is no file: pass the path of a file"));
    }
    let file = options.open(path).map_err(|error| refused(&name, format_args!("cannot be opened: {error}")))?;
    match lock(&file) {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(in_use(&name, process(&file))),
        Err(TryLockError::Error(error)) => Err(refused(
            &name,
            format_args!("cannot be locked: {error}. Use a file of this machine, not of a network drive"),
        )),
    }
}

/// The process that has opened a ledger, if it can be read: on Windows a locked file cannot.
fn process(file: &File) -> Option<u32> {
    read(file).ok()?.process
}

/// Reads a ledger from its begin.
pub(super) fn read(mut file: &File) -> Result<Index, Unreadable> {
    file.rewind().map_err(Unreadable::Failed)?;
    Index::read(BufReader::with_capacity(BUFFER, file))
}

/// The same, with an error of the option.
pub(super) fn index(file: &File, path: &Path) -> Result<Index, Error> {
    read(file).map_err(|error| unreadable(&shown(path), &error))
}

/// Waits until a new file's name is on the disk.
pub(super) fn sync_folder(path: &Path) -> io::Result<()> {
    // Windows has no such thing.
    if !cfg!(unix) {
        return Ok(());
    }
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(folder)?.sync_all()
}
