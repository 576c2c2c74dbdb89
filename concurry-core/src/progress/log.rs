//! Printing while bars are drawn.

use std::io::{self, Write};

use super::targets::Target;

/// A line this long is passed on before its end.
const LONGEST: usize = 8 * 1024;

/// Clears the bars, runs `print`, and draws them again.
///
/// Anything that `print` writes to the terminal stays above the bars. Bars move on meanwhile and show
/// it afterwards; they are back even if `print` panics.
///
/// ```
/// let answer = concurry_core::progress::suspend(|| {
///     println!("half way");
///     42
/// });
/// assert_eq!(answer, 42);
/// ```
pub fn suspend<R>(print: impl FnOnce() -> R) -> R {
    Target::standard().suspend(print)
}

/// A writer to standard error that prints whole lines above the bars.
///
/// Text waits for the end of its line, a flush, or the drop of the writer.
///
/// Writing never fails: trouble with standard error must not stop the program that logs to it.
///
/// ```
/// use concurry_core::progress::LogWriter;
/// use std::io::Write;
///
/// writeln!(LogWriter::new(), "listening on port {}", 8080)?;
/// # Ok::<(), std::io::Error>(())
/// ```
///
/// # Example: what `tracing` logs
///
/// ```
/// use concurry_core::progress::LogWriter;
///
/// tracing_subscriber::fmt().with_writer(LogWriter::new).init();
/// ```
#[derive(Debug)]
pub struct LogWriter {
    target: Target,
    buffer: Vec<u8>,
}

impl LogWriter {
    /// Writes above the bars of this process.
    #[must_use]
    pub fn new() -> Self {
        Self::above(Target::standard())
    }

    /// Writes above the bars of `target`.
    #[must_use]
    pub fn above(target: &Target) -> Self {
        Self { target: target.clone(), buffer: Vec::new() }
    }

    fn print(&mut self, length: usize) {
        let text = String::from_utf8_lossy(&self.buffer[..length]).into_owned();
        self.buffer.drain(..length);
        if !text.is_empty() {
            self.target.print(&text);
        }
    }
}

impl Default for LogWriter {
    fn default() -> Self {
        Self::new()
    }
}

impl Write for LogWriter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.buffer.extend_from_slice(bytes);
        if let Some(end) = self.buffer.iter().rposition(|byte| *byte == b'\n') {
            self.print(end + 1);
        }
        if self.buffer.len() > LONGEST {
            self.print(self.buffer.len());
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.print(self.buffer.len());
        Ok(())
    }
}

impl Drop for LogWriter {
    fn drop(&mut self) {
        self.print(self.buffer.len());
    }
}
