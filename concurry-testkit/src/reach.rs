//! How a gate or a recorder is reached from a worker in another process: by a socket.
//!
//! What is sent to a worker as bytes is an address; there it asks the process of the test, which
//! answers with the real thing. So a behaviour that a test watches is watched in every mode.

use std::cell::RefCell;
use std::collections::HashMap;
use std::fmt;
use std::io::{BufRead, BufReader, Write};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::thread;

use serde::{Deserialize, Serialize};

/// Something that answers questions, one line of text for another.
pub(crate) type Answer = Arc<dyn Fn(&str) -> String + Send + Sync>;

/// Where something is, in another process.
#[derive(Clone, Deserialize, Serialize)]
pub(crate) struct Address {
    socket: PathBuf,
    number: u64,
}

struct Server {
    socket: PathBuf,
    known: Mutex<Known>,
}

#[derive(Default)]
struct Known {
    next: u64,
    answers: HashMap<u64, Answer>,
}

fn server() -> &'static Server {
    static SERVER: OnceLock<Server> = OnceLock::new();
    SERVER.get_or_init(|| {
        let name = format!("concurry-testkit-{}.socket", std::process::id());
        let socket = std::env::temp_dir().join(name);
        let _ = std::fs::remove_file(&socket);
        let listener = UnixListener::bind(&socket).expect("a socket in the temporary directory");
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                // Each thread that asks has one here: an answer may take long.
                thread::spawn(move || serve(stream));
            }
        });
        Server { socket, known: Mutex::default() }
    })
}

/// Answers one question after the other, until the thread that asks them is gone.
fn serve(stream: UnixStream) {
    let mut lines = BufReader::new(&stream).lines();
    while let (Some(Ok(number)), Some(Ok(question))) = (lines.next(), lines.next()) {
        let Ok(number) = number.parse::<u64>() else { return };
        let answer = {
            let known = server().known.lock().unwrap_or_else(PoisonError::into_inner);
            known.answers.get(&number).cloned()
        };
        let Some(answer) = answer else { return };
        if writeln!(&stream, "{}", answer(&question)).is_err() {
            return;
        }
    }
}

thread_local! {
    /// Where this thread asked last. A connection for each question would cost the process of the
    /// test a thread each time.
    static CONNECTION: RefCell<Option<(PathBuf, BufReader<UnixStream>)>> = const { RefCell::new(None) };
}

impl Address {
    /// Makes something known, for as long as this process lives.
    pub(crate) fn of(answer: Answer) -> Self {
        let server = server();
        let mut known = server.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.next += 1;
        let number = known.next;
        known.answers.insert(number, answer);
        Self { socket: server.socket.clone(), number }
    }

    /// Asks, and waits for the answer.
    pub(crate) fn ask(&self, question: &str) -> String {
        // A thread that is ending has none any more.
        let last = CONNECTION.try_with(RefCell::take).ok().flatten();
        let last = last.filter(|(socket, _)| *socket == self.socket);
        let (socket, mut connection) = last.unwrap_or_else(|| {
            let stream = UnixStream::connect(&self.socket);
            let stream = stream.expect("the process of the test is there");
            (self.socket.clone(), BufReader::new(stream))
        });
        let question = format!("{}\n{question}\n", self.number);
        connection.get_ref().write_all(question.as_bytes()).expect("it listens");
        let mut answer = String::new();
        let read = connection.read_line(&mut answer).expect("it answers");
        // Nothing at all: what was asked for is gone, and so is the other end.
        if read > 0 {
            let _ = CONNECTION.try_with(|slot| slot.replace(Some((socket, connection))));
        }
        answer.trim_end().to_owned()
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Address({})", self.number)
    }
}
