//! Places in a file.

/// A piece of a file: where it starts for a reader, and its bytes for a program.
///
/// Lines and columns count from 1; a column is a character (an invalid byte counts as one). The bytes are
/// `start..end`, from 0. The default is the start of the file, for what has no place of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    /// The line, from 1.
    pub line: usize,
    /// The character within the line, from 1.
    pub column: usize,
    /// Offset of the first byte.
    pub start: usize,
    /// Offset after the last byte.
    pub end: usize,
}

impl Span {
    /// The bytes, to slice a file with.
    #[must_use]
    pub fn range(&self) -> core::ops::Range<usize> {
        self.start..self.end
    }
}

impl Default for Span {
    fn default() -> Self {
        Self {
            line: 1,
            column: 1,
            start: 0,
            end: 0,
        }
    }
}
