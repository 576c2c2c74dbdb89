//! What processes print: whole lines, above the bars, on the standard streams of this process.

use std::io::{self, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::sync::{Arc, Mutex};
use std::task::Wake;

use rustix::event::{PollFd, PollFlags, poll};

use super::wake::PollWaker;
use crate::progress::Target;
use crate::shared::spawn_detached;
use crate::sync::lock;

/// A line that is longer is printed in parts.
const LONGEST_LINE: usize = 64 * 1024;

/// The outputs of a pool's processes. When the last clone is dropped, what there still is is printed,
/// and the thread ends with the last process.
#[derive(Clone, Debug)]
pub(crate) struct Outputs {
    shared: Arc<Shared>,
    /// Told when the last clone goes.
    _last: Arc<Last>,
}

#[derive(Debug)]
struct Shared {
    waker: Arc<PollWaker>,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    new: Vec<(Stream, OwnedFd)>,
    over: bool,
}

#[derive(Debug)]
struct Last(Arc<Shared>);

impl Drop for Last {
    fn drop(&mut self) {
        lock(&self.0.state).over = true;
        self.0.waker.wake_by_ref();
    }
}

#[derive(Clone, Copy, Debug)]
enum Stream {
    Output,
    Error,
}

/// One pipe, and the beginning of a line that came through it.
struct Pipe {
    stream: Stream,
    descriptor: OwnedFd,
    line: Vec<u8>,
}

impl Outputs {
    /// Starts the thread.
    pub(crate) fn start(name: &str) -> io::Result<Self> {
        let shared = Arc::new(Shared { waker: PollWaker::new()?, state: Mutex::default() });
        let reading = Arc::clone(&shared);
        spawn_detached(format!("{name}-output"), move || read_all(&reading))?;
        let last = Arc::new(Last(Arc::clone(&shared)));
        Ok(Self { shared, _last: last })
    }

    /// Prints what comes through these pipes from now on.
    pub(crate) fn watch(&self, output: Option<OwnedFd>, error: Option<OwnedFd>) {
        let mut state = lock(&self.shared.state);
        state.new.extend(output.map(|pipe| (Stream::Output, pipe)));
        state.new.extend(error.map(|pipe| (Stream::Error, pipe)));
        drop(state);
        self.shared.waker.wake_by_ref();
    }
}

fn read_all(shared: &Shared) {
    let mut pipes: Vec<Pipe> = Vec::new();
    loop {
        shared.waker.reset();
        let over = {
            let mut state = lock(&shared.state);
            pipes.extend(state.new.drain(..).map(|(stream, descriptor)| Pipe {
                stream,
                descriptor,
                line: Vec::new(),
            }));
            state.over
        };
        if over && pipes.is_empty() {
            return;
        }
        let ready = {
            let mut watched =
                vec![PollFd::from_borrowed_fd(shared.waker.descriptor(), PollFlags::IN)];
            watched.extend(pipes.iter().map(|pipe| PollFd::new(&pipe.descriptor, PollFlags::IN)));
            match poll(&mut watched, None) {
                Ok(_) => {}
                Err(rustix::io::Errno::INTR) => continue,
                Err(_) => return,
            }
            watched[1..].iter().map(|pipe| !pipe.revents().is_empty()).collect::<Vec<_>>()
        };
        let mut ready = ready.into_iter();
        // A pipe that is at its end is let go.
        pipes.retain_mut(|pipe| !ready.next().unwrap_or(false) || pipe.read());
    }
}

impl Pipe {
    /// Prints what is there. False: that was the last.
    fn read(&mut self) -> bool {
        let mut bytes = [0; 16 * 1024];
        let count = match rustix::io::read(self.descriptor.as_fd(), &mut bytes) {
            Ok(count) => count,
            Err(rustix::io::Errno::INTR) => return true,
            Err(_) => 0,
        };
        self.line.extend_from_slice(&bytes[..count]);
        let whole = match self.line.iter().rposition(|byte| *byte == b'\n') {
            Some(end) => end + 1,
            None if self.line.len() > LONGEST_LINE => self.line.len(),
            None => 0,
        };
        if whole > 0 {
            let rest = self.line.split_off(whole);
            print(self.stream, &std::mem::replace(&mut self.line, rest));
        }
        if count == 0 && !self.line.is_empty() {
            let mut last = std::mem::take(&mut self.line);
            last.push(b'\n');
            print(self.stream, &last);
        }
        count > 0
    }
}

/// A program must not fail because nobody reads what it prints.
fn print(stream: Stream, lines: &[u8]) {
    let target = Target::standard();
    match stream {
        Stream::Error => target.print(&String::from_utf8_lossy(lines)),
        Stream::Output => target.suspend(|| {
            let mut output = io::stdout().lock();
            let _ = output.write_all(lines).and_then(|()| output.flush());
        }),
    }
}
