//! What workers print, line by line, with the name of the worker in front.

/// So much without a line end is a line.
const LONGEST: usize = 8 << 10;

/// The output of one worker, of which the last line may be unfinished.
#[derive(Debug)]
pub(crate) struct LogLines {
    prefix: String,
    line: Vec<u8>,
}

impl LogLines {
    /// With that in front of each line.
    pub(crate) fn new(prefix: String) -> Self {
        Self { prefix, line: Vec::new() }
    }

    /// Takes what was printed, and gives the lines that are finished by it, as one text.
    pub(crate) fn add(&mut self, printed: &[u8]) -> String {
        let mut lines = String::new();
        for part in printed.split_inclusive(|byte| *byte == b'\n') {
            self.line.extend_from_slice(part);
            if part.ends_with(b"\n") || self.line.len() >= LONGEST {
                self.finish(&mut lines);
            }
        }
        lines
    }

    /// The line that was never finished.
    pub(crate) fn end(&mut self) -> String {
        let mut lines = String::new();
        if !self.line.is_empty() {
            self.finish(&mut lines);
        }
        lines
    }

    fn finish(&mut self, lines: &mut String) {
        let line = String::from_utf8_lossy(&self.line);
        lines.push_str(&self.prefix);
        lines.push_str(line.trim_end_matches(['\n', '\r']));
        lines.push('\n');
        self.line.clear();
    }
}

/// Writes lines to this program's standard error, without tearing its progress bars.
pub(crate) fn print(lines: &str) {
    if !lines.is_empty() {
        concurry_core::progress::Target::standard().print(lines);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_line_has_the_name_in_front() {
        let mut log = LogLines::new("(Llm-0) ".into());
        assert_eq!(log.add(b"one\ntwo\nth"), "(Llm-0) one\n(Llm-0) two\n");
        assert_eq!(log.add(b"ree\r\n"), "(Llm-0) three\n");
        assert_eq!(log.add(b"\xff"), "");
        assert_eq!(log.end(), "(Llm-0) \u{fffd}\n");
        assert_eq!(log.end(), "");
    }

    #[test]
    fn a_line_without_end_is_bounded() {
        let mut log = LogLines::new(String::new());
        assert_eq!(log.add(&[b'x'; LONGEST]).len(), LONGEST + 1);
    }
}
