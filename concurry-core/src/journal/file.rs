//! The file behind a journal: locked, appended to in groups, and read in blocks.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use super::JournalError;

/// How much is read at a time.
pub(super) const BLOCK: usize = 256 * 1024;

/// The file behind a journal.
#[derive(Debug)]
pub(super) struct JournalFile {
    path: PathBuf,
    file: File,
    /// Where the last whole group ends.
    end: u64,
    /// A part of the file, and where it starts.
    block: Vec<u8>,
    block_start: u64,
}

impl JournalFile {
    /// Opens the file, or makes it, and keeps others away from it until it is dropped.
    pub(super) fn open(path: &Path) -> Result<Self, JournalError> {
        let path = path.to_owned();
        let opened = OpenOptions::new().read(true).append(true).create(true).open(&path);
        let file = opened.map_err(|source| open_error(&path, "opened", source))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(JournalError::InUse { path }),
            Err(TryLockError::Error(source)) => return Err(open_error(&path, "locked", source)),
        }
        let mut locked = Self { path, file, end: 0, block: Vec::new(), block_start: 0 };
        match locked.file.metadata() {
            Ok(metadata) => locked.end = metadata.len(),
            Err(source) => return Err(open_error(&locked.path, "read", source)),
        }
        Ok(locked)
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn len(&self) -> u64 {
        self.end
    }

    /// What the file has had since it was opened, from its start on.
    pub(super) fn reader(&mut self) -> Result<impl Read + '_, JournalError> {
        match self.file.seek(SeekFrom::Start(0)) {
            Ok(_) => Ok((&mut self.file).take(self.end)),
            Err(source) => Err(open_error(&self.path, "read", source)),
        }
    }

    /// Cuts off what follows.
    pub(super) fn truncate(&mut self, end: u64) -> Result<(), JournalError> {
        self.end = end;
        self.file.set_len(end).map_err(|source| open_error(&self.path, "repaired", source))
    }

    /// Appends bytes as a whole: what of them was written before an error is cut off again.
    pub(super) fn append(&mut self, bytes: &[u8], sync: bool) -> io::Result<()> {
        let written = self.file.write_all(bytes).and_then(|()| match sync {
            true => self.file.sync_data(),
            false => Ok(()),
        });
        match written {
            Ok(()) => {
                self.end += bytes.len() as u64;
                Ok(())
            }
            Err(error) => {
                // If this fails as well, the next run repairs the line that was cut off.
                let _ = self.file.set_len(self.end);
                Err(error)
            }
        }
    }

    /// The bytes at a place, which were seen there before.
    pub(super) fn read(&mut self, start: u64, length: usize) -> Result<&[u8], JournalError> {
        let inside = |block_start: u64, block: usize| {
            start >= block_start && start + length as u64 <= block_start + block as u64
        };
        if !inside(self.block_start, self.block.len()) {
            let wanted = length.max(BLOCK) as u64;
            let size =
                usize::try_from(wanted.min(self.end.saturating_sub(start))).unwrap_or(length);
            self.block.resize(size.max(length), 0);
            self.block_start = start;
            let read = self
                .file
                .seek(SeekFrom::Start(start))
                .and_then(|_| self.file.read_exact(&mut self.block));
            if let Err(source) = read {
                self.block.clear();
                return Err(open_error(&self.path, "read", source));
            }
        }
        let offset = usize::try_from(start - self.block_start).unwrap_or(0);
        Ok(&self.block[offset..offset + length])
    }
}

/// A process that is just being started has copies of all descriptors, and with this one the lock: so
/// closing the file is not enough.
impl Drop for JournalFile {
    fn drop(&mut self) {
        let _ = self.file.unlock();
    }
}

pub(super) fn open_error(path: &Path, attempted: &'static str, source: io::Error) -> JournalError {
    JournalError::Open { path: path.to_owned(), attempted, source }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn its_lock_ends_with_it_whoever_has_a_copy_of_the_descriptor() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("run.jsonl");
        let file = JournalFile::open(&path).unwrap();
        let copy = file.file.try_clone().unwrap();
        assert!(matches!(JournalFile::open(&path), Err(JournalError::InUse { .. })));
        drop(file);
        assert!(JournalFile::open(&path).is_ok());
        drop(copy);
    }
}
