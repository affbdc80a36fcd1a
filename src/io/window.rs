//! A file read through a window, for readers that go back and forth in small steps.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};

/// Bytes that are read at once.
const WIDTH: usize = 256 << 10;

/// A file of which a piece is in memory. Moving about inside that piece costs no system call.
#[derive(Debug)]
pub(super) struct Window {
    file: File,
    length: u64,
    at: u64,
    /// Where the piece begins.
    start: u64,
    piece: Vec<u8>,
}

impl Window {
    /// At the beginning of a file.
    ///
    /// # Errors
    /// The file system does not say how long it is.
    pub(super) fn new(file: File) -> io::Result<Self> {
        let length = file.metadata()?.len();
        Ok(Self { file, length, at: 0, start: 0, piece: Vec::new() })
    }

    /// What of the piece lies ahead.
    fn ahead(&self) -> &[u8] {
        let skipped = self.at.checked_sub(self.start).and_then(|skipped| usize::try_from(skipped).ok());
        skipped.and_then(|skipped| self.piece.get(skipped..)).unwrap_or_default()
    }
}

impl Read for Window {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if self.ahead().is_empty() && self.at < self.length {
            self.file.seek(SeekFrom::Start(self.at))?;
            self.start = self.at;
            self.piece.clear();
            self.file.by_ref().take(WIDTH as u64).read_to_end(&mut self.piece)?;
        }
        let ahead = self.ahead();
        let read = ahead.len().min(out.len());
        out[..read].copy_from_slice(&ahead[..read]);
        self.at += read as u64;
        Ok(read)
    }
}

impl Seek for Window {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let at = match to {
            SeekFrom::Start(at) => Some(at),
            SeekFrom::Current(by) => self.at.checked_add_signed(by),
            SeekFrom::End(by) => self.length.checked_add_signed(by),
        };
        self.at = at.ok_or_else(|| io::Error::from(io::ErrorKind::InvalidInput))?;
        Ok(self.at)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    #[test]
    fn it_reads_what_the_file_reads_wherever_it_is() {
        let mut file = tempfile::tempfile().unwrap();
        let bytes: Vec<u8> = (0..WIDTH * 3 + 7).map(|at| u8::try_from(at % 251).unwrap()).collect();
        file.write_all(&bytes).unwrap();
        let mut window = Window::new(file).unwrap();
        for (at, length) in [(0, 10), (WIDTH - 5, 10), (WIDTH * 3, 100), (3, WIDTH + 9), (WIDTH * 4, 5)] {
            let at_end =
                window.seek(SeekFrom::End(i64::try_from(at).unwrap() - i64::try_from(bytes.len()).unwrap())).unwrap();
            assert_eq!(at_end, at as u64);
            let mut read = Vec::new();
            window.by_ref().take(length as u64).read_to_end(&mut read).unwrap();
            let end = (at + length).min(bytes.len());
            assert_eq!(read, bytes.get(at..end).unwrap_or_default());
            assert_eq!(window.stream_position().unwrap(), (at + read.len()) as u64);
        }
        assert!(window.seek(SeekFrom::Current(-(1 << 40))).is_err());
    }
}
